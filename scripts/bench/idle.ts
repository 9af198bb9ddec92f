/**
 * `node scripts/bench/idle.ts [--runs=50] [--seconds=30]`: processor time that the daemon needs while as many runs live and
 * say nothing. The agents are shells that speak as much ACP as it takes to be asked. Needs `npm run build` first, and Linux.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { processorMsOf } from '../../test/support/footprint.ts';
import { until } from '../../test/support/until.ts';
import { startBenchDaemon } from './daemon.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50' }, seconds: { type: 'string', default: '30' } },
});
const runs = Number(values.runs);
const seconds = Number(values.seconds);
/** After the last start, so that starting does not count. */
const settleMs = 5000;

/** Answers two requests, and leaves the prompt alone. */
const agent = `while read -r line; do
  id=\${line#*\\"id\\":} id=\${id%%[,\\}]*}
  case $line in
  *'"initialize"'*) echo '{"jsonrpc":"2.0","id":'"$id"',"result":{"protocolVersion":1,"agentCapabilities":{}}}' ;;
  *'"session/new"'*) echo '{"jsonrpc":"2.0","id":'"$id"',"result":{"sessionId":"s"}}' ;;
  esac
done`;
const config = `max_parallel_runs = ${runs}
[agents.silent]
runtime = "acp"
command = ${JSON.stringify(['/bin/sh', '-c', agent])}
`;

const daemon = await startBenchDaemon({ config, syncDelayMs: 0, isFirst: false });
try {
  tell(0, await shareOf());
  for (let index = 0; index < runs; index += 1)
    await daemon.json('POST', '/v1/runs', { agent: 'silent', prompt: `wait ${index}` });
  await until('all to be asked', async () => {
    const { items } = await daemon.json<{ items: { session_id: string | null }[] }>(
      'GET',
      '/v1/runs?limit=0',
    );
    return items.length === runs && items.every((run) => run.session_id !== null);
  });
  tell(runs, await shareOf());
} finally {
  const { items } = await daemon.json<{ items: { id: string }[] }>('GET', '/v1/runs?limit=0');
  await Promise.all(items.map(({ id }) => daemon.ask('DELETE', `/v1/runs/${id}`)));
  await daemon.stop();
}

/** The share of one core that the daemon takes while nothing happens. */
async function shareOf(): Promise<number> {
  await sleep(settleMs);
  const before = processorMsOf(daemon.pid);
  const begun = performance.now();
  await sleep(seconds * 1000);
  return (processorMsOf(daemon.pid) - before) / (performance.now() - begun);
}

function tell(count: number, share: number): void {
  process.stdout.write(`${String(count).padStart(4)} idle runs: ${(share * 100).toFixed(2)} % of a core\n`);
}
