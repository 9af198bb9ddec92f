import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { parseControlGroups } from '../../src/base/control-group.ts';
import { type ControlGroup, listGroup, readControlGroups, readGroupUsage } from '../../src/base/index.ts';

const path = '/user.slice/drover-run-x.service';
const unified: ControlGroup = { controllers: [], path };

/** A tree of files as the kernel shows it. */
function tree(root: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    const file = join(root, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return root;
}

t.test('the places of a process are read, also of one whose path holds colons', async (t) => {
  t.strictSame(parseControlGroups('12:cpu,cpuacct:/a:b\n1:name=systemd:/c\n0::/d\n'), [
    { controllers: ['cpu', 'cpuacct'], path: '/a:b' },
    { controllers: ['name=systemd'], path: '/c' },
    { controllers: [], path: '/d' },
  ]);
  t.strictSame(readControlGroups(2 ** 22 + 1), [], 'a pid that nobody can have');
});

t.test('version 2 alone: CPU and memory of the group', async (t) => {
  const root = tree(t.testdir(), {
    'cgroup.controllers': 'cpu memory\n',
    [`${path}/cpu.stat`]: 'usage_usec 2500000\nuser_usec 2000000\n',
    [`${path}/memory.stat`]: 'anon 1000\nfile 900000\nkernel 5\nfile_mapped 24\n',
  });

  t.strictSame(await readGroupUsage([unified], root), { cpuMs: 2500, residentBytes: 1024 });
});

t.test('version 2 beside version 1: each figure from where it is counted', async (t) => {
  const root = tree(t.testdir(), {
    [`unified/${path}/cpu.stat`]: 'usage_usec 1500\n',
    [`memory/${path}/memory.stat`]: 'rss 1\nmapped_file 1\ntotal_rss 4096\ntotal_mapped_file 4\n',
  });
  const groups = [{ controllers: ['memory'], path }, unified];

  t.strictSame(await readGroupUsage(groups, root), { cpuMs: 1.5, residentBytes: 4100 });
});

t.test('version 1: CPU in nanoseconds', async (t) => {
  const root = tree(t.testdir(), { [`cpu/${path}/cpuacct.usage`]: '7000000\n' });

  t.strictSame(await readGroupUsage([{ controllers: ['cpu', 'cpuacct'], path }], root), {
    cpuMs: 7,
    residentBytes: null,
  });
});

t.test('what no controller counts is null, and so is a group that is gone', async (t) => {
  const root = tree(t.testdir(), {
    'cgroup.controllers': '\n',
    [`${path}/cpu.stat`]: 'usage_usec 1000\n',
  });

  t.strictSame(await readGroupUsage([unified], root), { cpuMs: 1, residentBytes: null });
  t.strictSame(await readGroupUsage([{ controllers: [], path: '/gone' }], root), {
    cpuMs: null,
    residentBytes: null,
  });
  t.strictSame(await readGroupUsage([], root), { cpuMs: null, residentBytes: null });
});

t.test('processes of a group and of those below it are listed', async (t) => {
  const root = tree(t.testdir(), {
    'cgroup.controllers': '\n',
    [`${path}/cgroup.procs`]: '10\n11\n',
    [`${path}/inner/deep/cgroup.procs`]: '12\n',
  });

  t.strictSame([...(await listGroup([unified], root))].sort(), [10, 11, 12]);
  t.equal((await listGroup([{ controllers: [], path: '/gone' }], root)).size, 0);
});
