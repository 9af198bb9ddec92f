import { AppError } from '../../contract/index.ts';
import { notRun, reasonOf, showUnit } from './inspect.ts';
import type { Systemctl } from './systemctl.ts';

const journalLines = 30;

/** Why a service did not start, from what the manager and the daemon itself said. */
export async function whyItFailed(systemctl: Systemctl, unit: string, cause?: unknown): Promise<AppError> {
  const properties = await showUnit(systemctl, unit);
  const reason = reasonOf('failed', properties) ?? (cause instanceof Error ? cause.message : 'it has ended');
  const isRun = properties.get('ExecMainStatus') !== notRun;
  const words = isRun ? await lastWords(systemctl, unit) : null; // what the last one that ran said explains nothing
  return new AppError(
    'service_failed',
    `${unit} did not start: ${reason}${words === null ? '' : `: ${words}`}`,
    {
      hint: isRun
        ? `see what it said: journalctl --user -u ${unit} -n ${journalLines}`
        : `its Node.js or drover itself is gone or was moved; see what mends it: ${doctorOf(unit)}`,
      cause,
      fields: { exit_status: Number(properties.get('ExecMainStatus')) },
    },
  );
}

function doctorOf(unit: string): string {
  const profile = /^drover-(.+)\.service$/.exec(unit)?.[1];
  return profile === undefined ? 'drover doctor' : `drover doctor --profile ${profile}`;
}

/** The last error that the daemon wrote; null when the journal has none. */
async function lastWords(systemctl: Systemctl, unit: string): Promise<string | null> {
  const options = ['--user', '--unit', unit, '--lines', String(journalLines), '--output=cat', '--no-pager'];
  const answer = await systemctl.run('journalctl', [...options, '--quiet']);
  const lines = (answer?.code === 0 ? answer.stdout : '').split('\n');
  const line = lines.findLast((text) => /^(?:<\d>)?error: /.test(text));
  return line?.replace(/^(?:<\d>)?error: /, '').trim() ?? null;
}
