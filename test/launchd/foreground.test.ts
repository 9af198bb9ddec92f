import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isAlive, readIdentity, readLastWords, spawnDetached } from '../../src/base/index.ts';
import { createWorld } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

/** Runs a command line as launchd does, stderr appended to the file beside the logs; the exit code as launchd sees it. */
async function run(program: string, folder: string, service: string | undefined, ...args: string[]) {
  const logs = join(folder, 'state/logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const errors = join(logs, 'daemon.stderr');
  const fd = openSync(errors, 'a');
  const code = join(folder, `code-${service}`);
  const line = `"$0" "$@"; printf %s $? >'${code}'`;
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    ...(service === undefined ? {} : { DROVER_SERVICE: service }),
  };
  const argv = ['-c', line, process.execPath, program, 'daemon', 'start', '--foreground', ...args];
  const pid = await spawnDetached('/bin/sh', argv, { cwd: folder, env, stdio: ['ignore', fd, fd] });
  closeSync(fd);
  const identity = await readIdentity(pid);
  await until('it to end', async () => identity === null || !(await isAlive(identity)));
  return { code: Number(readFileSync(code, 'utf8')), errors };
}

t.setTimeout(120_000);

t.test('a start that could not go better is told to launchd as 0, with its reason kept', async (t) => {
  const world = await createWorld();
  t.teardown(() => world.close());
  const { root, program } = world;
  world.configure('pol_interval_sec = 1\n');
  const bad = [`--state-root=${root}/state`, `--socket=${root}/s`, `--config=${world.config}`];

  const asService = await run(program, root, 'launchd:dev.drover.daemon', ...bad);

  t.equal(asService.code, 0);
  t.match(readLastWords(asService.errors), { text: /pol_interval_sec/, isError: true });
  t.match(readFileSync(asService.errors, 'utf8'), /exit code 2 is told to launchd as 0/);
  t.equal((await run(program, root, undefined, ...bad)).code, 2, 'everybody else gets the code');
  t.equal((await run(program, root, 'systemd:drover.service', ...bad)).code, 2);
  t.equal(
    (await run(program, root, 'launchd:x', '--no-such-option')).code,
    0,
    'also what the full command refuses',
  );
});
