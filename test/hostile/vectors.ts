import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRepo, plainGit, put } from '../repos/fixture.ts';

/** A trap in a repository: `set` lays it; what it runs writes a canary. */
export type Vector = { readonly name: string; readonly set: (trap: Trap) => void };

/** What a vector is given to lay its trap with. */
export type Trap = {
  readonly path: string;
  /** A script in the repository that writes a canary. */
  readonly script: string;
  readonly config: (key: string, value: string) => void;
  readonly append: (file: string, text: string) => void;
};

const hooks = [
  'post-checkout',
  'post-index-change',
  'reference-transaction',
  'pre-commit',
  'post-commit',
  'post-merge',
  'pre-auto-gc',
  'fsmonitor-watchman',
  'post-rewrite',
  'commit-msg',
];

const allHooks = (folder: string, script: string) => {
  for (const hook of hooks) {
    put(join(folder, hook), `#!/bin/sh\nexec '${script}' "$@"\n`);
    chmodSync(join(folder, hook), 0o755);
  }
};

const driverConfig = (script: string, name = 'evil') =>
  `[filter "${name}"]\n\tclean = ${script}\n\tsmudge = ${script}\n\trequired = true\n[diff "${name}"]\n\ttextconv = ${script}\n\tcommand = ${script}\n[merge "${name}"]\n\tdriver = ${script}\n`;

const useDriver = ({ append }: Trap, name = 'evil') =>
  append('.git/info/attributes', `* filter=${name} diff=${name} merge=${name}\n`);

const single = (name: string, key: string, value?: string): Vector => ({
  name,
  set: ({ config, script }) => config(key, value ?? script),
});

/** Submodule, or repository inside, with traps of its own. */
function nested(trap: Trap, folder: string): void {
  const inner = makeRepo(join(trap.path, folder), { 'i.txt': 'i\n' });
  writeFileSync(
    join(inner, '.git/config'),
    `${readFileSync(join(inner, '.git/config'), 'utf8')}${driverConfig(trap.script)}[core]\n\tfsmonitor = ${trap.script}\n`,
  );
  put(join(inner, '.git/info/attributes'), '* filter=evil\n');
  allHooks(join(inner, '.git/hooks'), trap.script);
  put(join(inner, 'i.txt'), 'changed\n');
}

export const vectors: readonly Vector[] = [
  { name: 'hooks', set: ({ path, script }) => allHooks(join(path, '.git/hooks'), script) },
  {
    name: 'core.hooksPath',
    set: ({ path, script, config }) => {
      allHooks(join(path, 'my-hooks'), script);
      config('core.hooksPath', 'my-hooks');
    },
  },
  {
    name: 'configured hooks',
    set: ({ append, script }) =>
      append(
        '.git/config',
        `[hook "evil"]\n\tcommand = ${script}\n\tevent = reference-transaction\n\tevent = post-checkout\n`,
      ),
  },
  single('core.fsmonitor', 'core.fsmonitor'),
  {
    name: 'core.fsmonitor version 1',
    set: ({ config, script }) => {
      config('core.fsmonitorHookVersion', '1');
      config('core.fsmonitor', script);
    },
  },
  {
    name: 'filter clean and smudge',
    set: (trap) => {
      trap.append('.git/config', driverConfig(trap.script));
      useDriver(trap);
    },
  },
  {
    name: 'filter process',
    set: (trap) => {
      trap.config('filter.evil.process', trap.script);
      useDriver(trap);
    },
  },
  ...['a=b', 'Ünïcödé', 'UPPER.dot.dot', 'qu"ote', 'back\\slash', 'new.clean', '$(x)'].map(
    (name): Vector => ({
      name: `a driver called ${JSON.stringify(name)}`,
      set: (trap) => {
        trap.append('.git/config', driverConfig(trap.script, name.replace(/["\\]/g, '\\$&')));
        useDriver(trap, name);
      },
    }),
  ),
  {
    name: 'a driver in .gitattributes of the tree',
    set: (trap) => {
      put(join(trap.path, '.gitattributes'), '* filter=evil diff=evil\n');
      plainGit(trap.path, 'add', '-A');
      plainGit(trap.path, 'commit', '-q', '-m', 'attributes');
      trap.append('.git/config', driverConfig(trap.script));
    },
  },
  {
    name: 'core.attributesFile',
    set: (trap) => {
      trap.append('.git/config', driverConfig(trap.script));
      put(join(trap.path, 'attrs'), '* filter=evil diff=evil\n');
      trap.config('core.attributesFile', join(trap.path, 'attrs'));
    },
  },
  ...(
    [
      'include.path',
      'includeIf.gitdir:**.path',
      'includeIf.onbranch:**.path',
      'includeIf.onbranch:drover/**.path',
      'includeIf.gitdir:**/worktrees/**.path',
    ] as const
  ).map(
    (key): Vector => ({
      name: key,
      set: (trap) => {
        put(
          join(trap.path, '.git/more'),
          `${driverConfig(trap.script)}[core]\n\tfsmonitor = ${trap.script}\n`,
        );
        trap.config(key, join(trap.path, '.git/more'));
        useDriver(trap);
      },
    }),
  ),
  {
    name: 'include of a file in the tree',
    set: (trap) => {
      put(join(trap.path, 'tree-config'), driverConfig(trap.script));
      trap.config('include.path', '../tree-config');
      useDriver(trap);
    },
  },
  {
    name: 'extensions.worktreeConfig',
    set: (trap) => {
      trap.config('core.repositoryFormatVersion', '1');
      trap.config('extensions.worktreeConfig', 'true');
      put(
        join(trap.path, '.git/config.worktree'),
        `${driverConfig(trap.script)}[core]\n\tfsmonitor = ${trap.script}\n`,
      );
      useDriver(trap);
    },
  },
  single('diff.external', 'diff.external'),
  {
    name: 'textconv with a cache',
    set: (trap) => {
      trap.config('diff.evil.textconv', trap.script);
      trap.config('diff.evil.cachetextconv', 'true');
      useDriver(trap);
    },
  },
  {
    name: 'signing',
    set: ({ config, script }) => {
      for (const key of ['gpg.program', 'gpg.ssh.program', 'gpg.x509.program', 'gpg.ssh.defaultKeyCommand'])
        config(key, script);
      for (const key of ['commit.gpgSign', 'tag.gpgSign', 'log.showSignature']) config(key, 'true');
    },
  },
  {
    name: 'editor, pager and askpass',
    set: ({ config, script }) => {
      for (const key of [
        'core.editor',
        'core.pager',
        'core.askPass',
        'sequence.editor',
        'pager.diff',
        'pager.status',
        'pager.config',
        'pager.worktree',
        'pager.branch',
      ])
        config(key, script);
    },
  },
  {
    name: 'credential helper and ssh',
    set: ({ config, script }) => {
      for (const key of ['credential.helper', 'core.sshCommand', 'core.gitProxy']) config(key, `!${script}`);
      config('remote.origin.url', 'ssh://nobody@localhost/x');
    },
  },
  {
    name: 'a partial clone that fetches what is missing (uploadpack)',
    set: (trap) => partial(trap, trap.path, { uploadpack: trap.script }),
  },
  {
    name: 'a partial clone that fetches what is missing (ext::)',
    set: (trap) => {
      trap.config('protocol.ext.allow', 'always');
      trap.config('protocol.allow', 'always');
      partial(trap, `ext::${trap.script} x`, {});
    },
  },
  {
    name: 'a partial clone that fetches what is missing (vcs, ssh)',
    set: (trap) => {
      trap.config('core.sshCommand', trap.script);
      partial(trap, 'ssh://localhost/x', {});
    },
  },
  { name: 'a repository inside', set: (trap) => nested(trap, 'inner') },
  {
    name: 'a submodule',
    set: (trap) => {
      nested(trap, 'sub');
      put(
        join(trap.path, '.gitmodules'),
        '[submodule "sub"]\n\tpath = sub\n\turl = ./sub\n\tignore = none\n\tupdate = checkout\n',
      );
      plainGit(trap.path, 'add', '.gitmodules');
      plainGit(
        trap.path,
        '-c',
        'core.fsmonitor=false',
        'update-index',
        '--add',
        '--cacheinfo',
        `160000,${'1'.repeat(40)},sub`,
      );
      plainGit(trap.path, 'commit', '-q', '-m', 'sub');
      trap.append(
        '.git/config',
        `[submodule "sub"]\n\tactive = true\n\turl = ./sub\n\tignore = none\n\tupdate = !${trap.script}\n[diff]\n\tignoreSubmodules = none\n\tsubmodule = diff\n[status]\n\tsubmoduleSummary = true\n[submodule]\n\trecurse = true\n`,
      );
    },
  },
  {
    name: 'alternate references',
    set: ({ path, config, append, script }) => {
      config('core.alternateRefsCommand', script);
      append('.git/objects/info/alternates', `${join(path, '.git/objects')}\n`);
    },
  },
  {
    name: 'housekeeping',
    set: ({ config, script }) => {
      for (const key of ['gc.auto', 'gc.autoPackLimit', 'maintenance.loose-objects.auto']) config(key, '1');
      config('gc.recentObjectsHook', script);
      config('uploadpack.packObjectsHook', script);
    },
  },
  {
    name: 'aliases and trailers',
    set: ({ config, script }) => {
      for (const command of ['status', 'diff', 'worktree', 'rev-parse', 'config'])
        config(`alias.${command}`, `!${script}`);
      config('trailer.x.command', script);
      config('trailer.x.cmd', script);
    },
  },
  {
    name: 'core.worktree elsewhere',
    set: ({ path, config, script }) => {
      mkdirSync(join(path, '../elsewhere'), { recursive: true });
      allHooks(join(path, '.git/hooks'), script);
      config('core.worktree', '../../elsewhere');
    },
  },
  {
    name: 'programs called git and sh in the tree',
    set: ({ path, script }) => {
      for (const name of ['git', 'sh', 'git-status', 'cat', 'true', 'false'])
        symlinkSync(script, join(path, name));
    },
  },
  {
    name: 'a template and a cleaning sparse index',
    set: (trap) => {
      trap.config('init.templateDir', join(trap.path, 'my-hooks'));
      trap.config('core.sparseCheckout', 'true');
      trap.config('index.sparse', 'true');
      allHooks(join(trap.path, 'my-hooks/hooks'), trap.script);
      trap.append('.git/config', driverConfig(trap.script));
      put(join(trap.path, '.git/info/sparse-checkout'), '/*\n');
      useDriver(trap);
    },
  },
];

/** A blob that HEAD's tree names is not there, and a promisor remote is to bring it. */
function partial(trap: Trap, url: string, more: Readonly<Record<string, string>>): void {
  trap.config('core.repositoryFormatVersion', '1');
  trap.config('extensions.partialClone', 'evil');
  trap.config('remote.evil.url', url);
  trap.config('remote.evil.promisor', 'true');
  trap.config('remote.evil.partialCloneFilter', 'blob:none');
  for (const [key, value] of Object.entries(more)) trap.config(`remote.evil.${key}`, value);
  const blob = plainGit(trap.path, 'rev-parse', 'HEAD:b.txt').trim();
  const file = join(trap.path, '.git/objects', blob.slice(0, 2), blob.slice(2));
  chmodSync(file, 0o600);
  plainGit(trap.path, 'update-index', '--refresh', '-q');
  writeFileSync(`${file}.gone`, readFileSync(file));
  rmSync(file);
}
