import { existsSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { contextPaths, pairsOf, readDockerfile } from '../support/dockerfile.ts';
import { root, textOf } from '../support/house.ts';

const { args, stages } = readDockerfile();
const steps = stages.flatMap((stage) => stage.steps);
const image = stages.at(-1)?.steps ?? [];
const last = (keyword: string) => image.filter((step) => step.keyword === keyword).at(-1);

t.test('there is a stage that builds and one that runs, both from the same named base', async (t) => {
  const base = `${'$'}{NODE_IMAGE}`;
  t.same(
    stages.map(({ image, name }) => [image, name]),
    [
      [base, 'build'],
      [base, null],
    ],
  );
  t.match(pairsOf(args, 'ARG').NODE_IMAGE, /^node:24-\w+-slim$/, 'a tag of the official image, never latest');
});

t.test('every instruction is one that is known, in a form that does not surprise', async (t) => {
  const known = /^(ARG|WORKDIR|COPY|RUN|LABEL|ENV|USER|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD)$/;
  for (const { keyword, line } of steps)
    t.match(keyword, known, `line ${line}: no ADD, no MAINTAINER, no SHELL`);
  for (const keyword of ['ENTRYPOINT', 'CMD', 'HEALTHCHECK'])
    t.equal(last(keyword)?.isJson, true, `${keyword} without a shell, so that signals arrive`);
  for (const { keyword, text, line } of steps.filter((step) => step.keyword === 'RUN'))
    t.notMatch(text, /sudo|curl|wget|chmod 777|--force\b/, `${keyword} in line ${line}`);
});

t.test('what is copied from the context is there and not left out by .dockerignore', async (t) => {
  const allowed = contextPaths();
  for (const path of allowed) t.ok(existsSync(`${root}${path}`), path);
  for (const { words, flags, line } of steps.filter((step) => step.keyword === 'COPY')) {
    if (flags.from !== undefined) {
      t.ok(
        stages.some(({ name }) => name === flags.from),
        `line ${line}`,
      );
      continue;
    }
    for (const source of words.slice(0, -1)) {
      const path = source.replace(/^\.\//, '');
      t.ok(allowed.includes(path), `line ${line}: ${path} is in the context`);
    }
  }
});

t.test('nothing secret is in the context or in the image', async (t) => {
  const secretly = /token|secret|password|api_?key|credential|\.env\b/i;
  for (const path of contextPaths()) t.notMatch(path, secretly, path);
  t.notMatch(textOf('.npmrc'), /_auth|_password|\/\/.*:/, '.npmrc is copied');
  for (const [name, value] of Object.entries({ ...pairsOf(steps, 'ENV'), ...pairsOf(steps, 'ARG') }))
    t.notMatch(`${name}=${value}`, secretly, name);
});

t.test('it runs as a user of its own by a fixed number, on a volume of that user', async (t) => {
  const numbers = pairsOf(image, 'ARG');
  t.match(numbers, { DROVER_UID: '10001', DROVER_GID: '10001' });
  t.same(last('USER')?.words, ['drover']);
  const after = image.slice(image.findIndex(({ keyword }) => keyword === 'USER'));
  t.notOk(
    after.some(({ keyword }) => keyword === 'RUN' || keyword === 'COPY'),
    'nothing is made after that',
  );
  t.same(last('VOLUME')?.words, [pairsOf(image, 'ENV').DROVER_STATE_ROOT]);
});

t.test('it says how it is stopped, asked for its health, and what it is', async (t) => {
  const { version, description } = JSON.parse(textOf('package.json'));
  const labels = pairsOf(image, 'LABEL');

  t.same(last('STOPSIGNAL')?.words, ['SIGTERM']);
  t.same(last('HEALTHCHECK')?.words, ['drover', 'daemon', 'status']);
  t.same(Object.keys(last('HEALTHCHECK')?.flags ?? {}).sort(), [
    'interval',
    'retries',
    'start-period',
    'timeout',
  ]);
  t.equal(last('ENTRYPOINT')?.words[0], '/usr/bin/tini');
  t.equal(labels['org.opencontainers.image.version'], version);
  t.equal(labels['org.opencontainers.image.description'], description);
});

t.test('the compose example fits the image', async (t) => {
  const { services, secrets } = parse(textOf('docs/container/compose.yaml'));
  const { drover } = services;
  const port = last('EXPOSE')?.words[0];

  t.same(drover.ports, [`127.0.0.1:${port}:${port}`]);
  t.match(textOf('docs/container/daemon.toml'), `addr = "0.0.0.0:${port}"`);
  t.match(drover.volumes[0], /:\/var\/lib\/drover$/);
  t.match(textOf('docs/container/daemon.toml'), `/run/secrets/${drover.secrets[0]}`);
  t.same(Object.keys(secrets), drover.secrets);
  t.ok(drover.tmpfs.some((mount: string) => mount.startsWith('/run/drover:uid=10001,gid=10001,mode=0700')));
});
