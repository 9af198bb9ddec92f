import { type Finding, failure, fine, note, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';

/** The running daemon: answering, ready, of this version, kept by its unit, and what it warns of itself. */
export async function checkDaemon(situation: Situation): Promise<readonly Finding[]> {
  const { status, statusError, isLeftAsleep, isEndpointAlive, endpoint, drover, facts, world } = situation;
  if (isLeftAsleep && facts?.state === 'failed')
    return [note('daemon.answers', 'No daemon runs', { command: drover('daemon restart') })];
  if (isLeftAsleep)
    return [fine('daemon.answers', 'No daemon runs: the service manager starts it at the first connection')];
  if (status === null) {
    const isDown = statusError?.code === 'daemon_not_running';
    if (isDown && !isEndpointAlive) {
      return [note('daemon.answers', 'No daemon runs', { command: drover('daemon start') })];
    }
    const who = endpoint === null ? '' : ` (pid ${endpoint.pid})`;
    return [
      failure(
        'daemon.answers',
        `A daemon${who} is there and does not answer: ${statusError?.message ?? ''}`,
        {
          detail: 'Runs go on without it. Its log says what it last did.',
          command: `${drover('logs')}; ${drover('daemon restart')}`,
        },
      ),
    ];
  }
  const found: Finding[] = [];
  if (status.ready) found.push(fine('daemon.answers', `The daemon runs (pid ${status.pid}) and is ready`));
  else {
    const doing = status.draining ? 'stopping' : 'still starting';
    found.push(warning('daemon.answers', `The daemon (pid ${status.pid}) is ${doing}`));
  }
  if (status.version === world.version)
    found.push(fine('daemon.version', `It is of version ${status.version}`));
  else
    found.push(
      warning(
        'daemon.version',
        `The daemon is of version ${status.version}, this command of ${world.version}`,
        {
          detail: 'A restart brings them together; runs go on meanwhile.',
          command: drover('daemon restart'),
        },
      ),
    );
  if (facts !== null && facts.pid !== status.pid && facts.state !== 'activating') {
    found.push(
      warning('daemon.unit', `The daemon (pid ${status.pid}) does not run as ${facts.unit}`, {
        detail: 'It was started by hand, so nothing starts it again after a crash.',
        command: drover('daemon restart'),
      }),
    );
  }
  const warnings = status.warnings.map((text) => warning('daemon.warning', text.replace(/\.$/, '')));
  return [...found, ...warnings];
}
