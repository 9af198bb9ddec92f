import type { Config } from '../../contract/index.ts';
import type { PlanSettings } from './machine/state.ts';

/** What a configuration says of the plans of one repository. */
export function planSettings(config: Config): Omit<PlanSettings, 'topicHeldBy'> {
  return {
    autoAdvance: config.auto_advance,
    autoImplement: config.auto_implement,
    autoAdvanceWaves: config.auto_advance_waves,
    autoReviewFix: config.auto_review_fix,
    autoReadinessReview: config.auto_readiness_review,
    maxReviewFixCycles: config.max_review_fix_cycles,
    selfFixMaxLines: config.readiness_self_fix_max_lines,
    maxVerifyCycles: config.readiness_max_verify_cycles,
    onExhausted: config.readiness_on_exhausted,
    maxParallelWaveTasks: config.max_parallel_wave_tasks,
    hasArchitect: config.roles.architect !== undefined,
  };
}
