import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import type { ServiceSpec } from '../../../src/service/index.ts';
import { findUnitFile, readInstalled, renderService, sealState } from '../../../src/service/index.ts';
import { type PlistDict, type PlistValue, parsePlist } from '../../../src/service/launchd/plist.ts';
import { readAgent } from '../../../src/service/launchd/read-agent.ts';
import {
  agentArguments,
  agentEnvironment,
  errorFile,
  renderAgent,
} from '../../../src/service/launchd/render.ts';
import { checkAgentKeys } from '../../support/agent-keys.ts';

const dtd = fileURLToPath(new URL('../../fixtures/PropertyList-1.0.dtd', import.meta.url));
const has = (...command: [string, ...string[]]) => spawnSync(command[0], command.slice(1)).status === 0;
const noXmllint = has('xmllint', '--version') ? false : 'needs xmllint (apt-get install libxml2-utils)';
const noPython = has('python3', '-c', 'import plistlib') ? false : 'needs python3 with plistlib';

function aSpec(changes: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    profile: 'work',
    node: '/opt/homebrew/bin/node',
    program: '/Users/me/drover/dist/main.js',
    args: ['--profile=work', '--addr=127.0.0.1:7777'],
    path: '/opt/homebrew/bin:/usr/bin:/bin',
    user: 'me',
    home: '/Users/me',
    environment: { XDG_STATE_HOME: '/Users/me/state' },
    stateRoot: '/Users/me/state/drover/profiles/work',
    socket: '/tmp/drover-501/profiles/work/drover.sock',
    logs: '/Users/me/state/drover/profiles/work/logs',
    socketActivation: false,
    ...changes,
  };
}

/** Folders that people have, and that no quoting rule of XML, sh or plist should notice. */
const hostile = [
  '/Volumes/My Disk/a b',
  '/x/&amp;/<string>/]]>/&#38;',
  `/x/'one' "two" \`three\` $HOME %h {{label}} \\n`,
  '/x/-- > <!-- {{errors}} -->',
  '/x/Übergrößenträger/日本語/🐑/e\u0301',
  '/x/tab\there/line\nthere/return\rback',
  '/x/ends with a space ',
];

const specs: readonly ServiceSpec[] = [
  aSpec(),
  aSpec({ profile: 'default', args: [], environment: {} }),
  ...hostile.map((path) =>
    aSpec({
      node: `${path}/node`,
      program: path,
      args: [`--config=${path}`],
      path: `${path}:/bin`,
      home: path,
      logs: `${path}/logs`,
      environment: { XDG_STATE_HOME: path },
    }),
  ),
];

/** What the file has to say, key by key. */
function expected(spec: ServiceSpec, domain: 'gui' | 'user'): Record<string, unknown> {
  return {
    Label: spec.profile === 'default' ? 'dev.drover.daemon' : `dev.drover.daemon.${spec.profile}`,
    ProgramArguments: agentArguments(spec),
    EnvironmentVariables: agentEnvironment(spec),
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    ExitTimeOut: 20,
    ProcessType: 'Interactive',
    AbandonProcessGroup: true,
    StandardOutPath: errorFile(spec.logs),
    StandardErrorPath: errorFile(spec.logs),
    ...(domain === 'user' ? { LimitLoadToSessionType: ['Aqua', 'Background'] } : {}),
  };
}

function plain(value: PlistValue): unknown {
  if (value instanceof Map)
    return Object.fromEntries([...(value as PlistDict)].map(([key, each]) => [key, plain(each)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

const rendered = specs.flatMap((spec) =>
  (['gui', 'user'] as const).map((domain) => ({
    text: renderAgent(spec, domain),
    expected: expected(spec, domain),
    spec,
  })),
);

t.test(
  'the agent says what the spec says, and every key is one that launchd knows, of its type',
  async (t) => {
    for (const { text, expected, spec } of rendered) {
      const plist = parsePlist(text);
      checkAgentKeys(plist);
      t.same(plain(plist), expected);
      t.equal(sealState(text), 'intact');
      t.match(readAgent(text), {
        spec: {
          node: spec.node,
          program: spec.program,
          args: spec.args,
          path: spec.path,
          environment: spec.environment,
        },
        errors: errorFile(spec.logs),
      });
    }
  },
);

t.test('xmllint finds it valid by Apple’s own definition', { skip: noXmllint }, async (t) => {
  const folder = t.testdir();
  const lint = (text: string) => {
    const file = join(folder, 'agent.plist');
    writeFileSync(file, text);
    return spawnSync('xmllint', ['--nonet', '--noout', '--dtdvalid', dtd, file]).status;
  };

  for (const { text } of rendered) t.equal(lint(text), 0);
  const [{ text } = { text: '' }] = rendered;
  t.not(lint(text.replace('<true/>', '<true>yes</true>')), 0, 'it would notice');
  t.not(lint(text.replace('<key>Label</key>', '')), 0);
  t.not(lint(text.replace('/opt', '& /opt')), 0);
});

t.test('python’s plistlib reads back what was meant', { skip: noPython }, async (t) => {
  const folder = t.testdir();
  rendered.forEach(({ text }, index) => {
    writeFileSync(join(folder, `${index}.plist`), text);
  });
  const script =
    'import glob,json,os,plistlib,sys\nprint(json.dumps({os.path.basename(f): plistlib.load(open(f,"rb")) for f in glob.glob(sys.argv[1]+"/*.plist")}))';
  const read = spawnSync('python3', ['-c', script, folder], { encoding: 'utf8' });

  t.equal(read.stderr, '');
  const found = JSON.parse(read.stdout) as Record<string, unknown>;
  rendered.forEach(({ expected }, index) => {
    t.same(found[`${index}.plist`], expected);
  });
});

t.test('any text that XML can hold comes back as it was', async (t) => {
  const text = fc
    .string({ unit: 'binary' })
    .filter((each) => /^[\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u.test(each));
  const property = fc.property(text, (tail) => {
    const spec = aSpec({ program: `/${tail}`, environment: { XDG_STATE_HOME: `/${tail}` } });
    const plist = parsePlist(renderAgent(spec, 'gui'));
    return JSON.stringify(plain(plist)) === JSON.stringify(expected(spec, 'gui'));
  });

  t.doesNotThrow(() => fc.assert(property));
});

t.test('what XML cannot hold is refused, not changed', async (t) => {
  for (const bad of ['\0', '\x1b', '\ufffe', '\ud800']) {
    t.throws(() => renderAgent(aSpec({ node: `/x/${bad}/node` }), 'gui'), {
      code: 'usage',
      message: /cannot be written/,
    });
  }
});

t.test('the file can be shown and read back without asking launchd', async (t) => {
  const home = t.testdir();
  const places = { platform: 'linux' as const, env: {}, home };
  const [file] = renderService('launchd', aSpec(), places);
  if (file === undefined) throw new Error('There should be a file');

  t.equal(file.path, join(home, 'Library/LaunchAgents/dev.drover.daemon.work.plist'));
  t.equal(file.text, renderAgent(aSpec(), 'gui'));
  mkdirSync(dirname(file.path), { recursive: true });
  writeFileSync(file.path, file.text);
  t.match(readInstalled(file.path, 'darwin'), { isEdited: false, spec: { args: aSpec().args } });
  t.equal(findUnitFile('work', { ...places, platform: 'darwin' }), file.path);
});

t.test('an edit shows, and one that breaks the file leaves nothing to read back', async (t) => {
  const text = renderAgent(aSpec(), 'gui');

  t.equal(sealState(text.replace('<integer>20</integer>', '<integer>21</integer>')), 'edited');
  t.equal(sealState('<plist version="1.0"><dict/></plist>\n'), 'foreign');
  t.match(readAgent(text.replace('--foreground', '--foreground ')), null);
  t.equal(readAgent(text.replace('</array>', '')), null);
  t.equal(readAgent('bplist00…'), null);
});

t.test('launchd ignores a wrong key in silence: the table does not', async (t) => {
  const text = renderAgent(aSpec(), 'gui');
  const wrong = {
    'a duplicate key': text.replace('<key>RunAtLoad</key>', '<key>Label</key>'),
    'an unknown key': text.replace('<key>ExitTimeOut</key>', '<key>ExitTimeout</key>'),
    'text for a number': text.replace('<integer>10</integer>', '<string>10</string>'),
    'a number that is none': text.replace('<integer>10</integer>', '<integer>ten</integer>'),
    'an unknown process type': text.replace('Interactive', 'Fast'),
    'a missing key': text.replace(/\t<key>AbandonProcessGroup<\/key>\n\t<true\/>\n/, ''),
    'text between elements': text.replace('<dict>', '<dict>oops'),
    'a key without a value': text.replace('<true/>', ''),
    'an unclosed element': text.replace('</dict>', ''),
    'a bare ampersand': text.replace('/opt', '/a & b'),
    'something after the end': `${text}<dict/>`,
  };

  for (const [what, each] of Object.entries(wrong)) {
    t.not(each, text, `${what}: the text was changed`);
    t.throws(() => checkAgentKeys(parsePlist(each)), what);
  }
});

t.test('no credential and no variable but places gets into it', async (t) => {
  const names = [...renderAgent(aSpec(), 'gui').matchAll(/<key>([A-Z_]+)<\/key>/g)].map((match) => match[1]);

  t.same(names, ['PATH', 'USER', 'LOGNAME', 'HOME', 'XDG_STATE_HOME', 'DROVER_SERVICE', 'DROVER_DETACHED']);
});
