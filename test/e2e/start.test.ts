import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { copyProject } from '../support/copied-project.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

t.setTimeout(200_000);
const linux = process.platform === 'linux' ? false : 'looks for processes in /proc';
const strace = spawnSync('strace', ['-V']).status === 0 ? linux : 'needs strace';

t.test(
  'npm start shows a run from the prompt to the diff, twice, and leaves nothing running',
  { skip: linux },
  async (t) => {
    const project = copyProject(t);

    for (const time of ['first', 'second'] as const) {
      const demo = project.start({ exits: true });
      const code = await demo.ended;
      const said = demo.said();

      t.equal(code, 0, `${time} time: ${said}`);
      for (const part of [
        'daemon started: pid ',
        'I am scripted: there is no model behind me',
        '$ drover approvals allow apr_',
        'succeeded; branch drover/',
        '+++ b/DEMO.md',
        'drover daemon status',
        'daemon stopped',
      ])
        t.ok(said.includes(part), `${time} time: ${part}`);
      t.notMatch(said, /\bat .*\(.*:\d+:\d+\)|undefined|\[object/, 'no stack, no slip');
      t.same(processesOf(project.base), [], 'nothing is left running');
      t.same(readdirSync(project.home), [], 'the home is as empty as before');
      t.same(readdirSync(project.temporary), [], 'nothing temporary is left');
    }
    const repository = join(project.root, '.demo', 'hello-drover');
    const log = spawnSync('git', ['log', '--oneline', '--all'], { cwd: repository, encoding: 'utf8' });
    t.equal(log.stdout.trim().split('\n').length, 3, 'the first commit and one of each run');
    t.notOk(existsSync(join(repository, 'DEMO.md')), 'the checkout itself is untouched');
  },
);

t.test('Ctrl-C stops it cleanly, at the end and in the middle of the run', { skip: linux }, async (t) => {
  const project = copyProject(t);
  for (const moment of ['stays up until Ctrl-C', 'what it does, as it happens']) {
    const demo = project.start();
    await until(moment, () => demo.said().toLowerCase().includes(moment.toLowerCase()), 60_000);

    demo.pressCtrlC();
    const code = await demo.ended;

    t.equal(code, 0, `${moment}: ${demo.said()}`);
    t.match(demo.said(), /daemon stopped/);
    t.notMatch(demo.said(), /npm start: /);
    t.same(processesOf(project.base), [], 'nothing is left running');
    t.notOk(existsSync(join(project.root, '.demo', 'npm-start.pid')));
  }
});

t.test('a second npm start in the same folder says who has it', { skip: linux }, async (t) => {
  const project = copyProject(t);
  const first = project.start();
  await until('the first to be up', () => first.said().includes('stays up until Ctrl-C'), 60_000);

  const second = project.start();
  t.equal(await second.ended, 6);
  t.match(second.said(), `npm start runs already in this folder, as process ${first.pid}`);

  first.pressCtrlC();
  t.equal(await first.ended, 0);
});

t.test('no file outside its own folder is created, changed or removed', { skip: strace }, async (t) => {
  const project = copyProject(t);
  const trace = join(project.base, 'trace');
  const making = 'open,openat,creat,mkdir,mkdirat,link,linkat,symlink,symlinkat,mknod,mknodat,bind';
  const changing = 'rename,renameat,renameat2,unlink,unlinkat,rmdir,truncate,chmod,fchmodat,chown,fchownat';
  const wrapper = `strace -ff -qq -y -s 4096 -o ${trace} -e trace=${making},${changing}`.split(' ');

  const demo = project.start({ exits: true, wrapper });
  t.equal(await demo.ended, 0, demo.said());

  const traces = readdirSync(project.base).filter((name) => name.startsWith('trace.'));
  const lines = traces.flatMap((name) => readFileSync(join(project.base, name), 'utf8').split('\n'));
  const calls = lines.filter(isChange);
  const outside = calls.filter((call) => !namesOnly(call, project.root));
  t.ok(calls.length > 100, `${calls.length} calls that change something`);
  t.same(outside, []);
});

/** A call that succeeded and that changes something: every one but opening to read. */
function isChange(call: string): boolean {
  if (!/ = \d/.test(call)) return false;
  return !/^open(at)?\(/.test(call) || /O_(WRONLY|RDWR|CREAT|TRUNC)/.test(call);
}

/** Whether every path of the call is below `folder`, an open file of the process itself, or the device that keeps nothing. */
function namesOnly(call: string, folder: string): boolean {
  const withoutUnusedFolder = call.replace(/<[^>]*>, "\//g, '"/');
  const paths = [...withoutUnusedFolder.matchAll(/["<](\/[^">]*)[">]/g)].map((match) => match[1] ?? '');
  return paths.every(
    (path) =>
      path === folder ||
      path.startsWith(`${folder}/`) ||
      /^\/(dev\/null|dev\/tty|proc\/self\/fd\/\d+)$/.test(path),
  );
}
