/**
 * Writes `test/fixtures/store-vN.db`, a small database of the schema of today: `node scripts/store-fixture.ts`. Run it
 * once, before a release that changes the schema; a fixture of a released schema is never written again, because every
 * later drover must open it.
 */
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createBus, systemClock } from '../src/base/index.ts';
import {
  insertApproval,
  insertIdempotency,
  insertInput,
  insertRepo,
  insertRun,
  openStore,
  schemaVersion,
  setInputState,
  updateRun,
} from '../src/foundation/store/index.ts';
import { insertPlanOf } from './store-fixture-plan.ts';

const path = fileURLToPath(new URL(`../test/fixtures/store-v${schemaVersion}.db`, import.meta.url));
if (existsSync(path)) throw new Error(`${path} is there already: a released schema does not change`);

const clock = { ...systemClock, now: () => Date.UTC(2026, 0, 2, 3, 4, 5) };
const store = openStore({ path, clock, bus: createBus() });
await store.write((tx) => {
  const repoId = 'repo_01JD0000000000000000000001';
  const at = tx.now;
  insertRepo(tx, {
    id: repoId,
    path: '/home/ada/shop',
    pathKey: '/home/ada/shop',
    project: 'shop',
    trustedHash: null,
    addedAt: at,
  });
  tx.event({
    type: 'repo.added',
    data: { path: '/home/ada/shop', project: 'shop' },
    source: 'person',
    repoId,
  });
  const common = {
    agent: 'demo',
    runtime: 'acp',
    argv: ['demo'],
    agentEnv: { KEY: 'value' },
    approvalMode: 'ask',
    timeoutMs: 0,
    prompt: 'say "hello"',
    inPlace: false,
    repoId,
    project: 'shop',
    createdAt: at,
  } as const;
  const ended = 'run_01JD0000000000000000000002';
  const key = insertRun(tx, { id: ended, status: 'succeeded', name: 'first', ...common });
  const run = { key, id: ended };
  tx.event({
    type: 'run.queued',
    data: { agent: 'demo', prompt: common.prompt, reason: null },
    source: 'person',
    run,
    repoId,
  });
  tx.event({
    type: 'output.stdout',
    data: { text: 'hello', offset: 0, bytes: 6, partial: false },
    source: 'agent',
    run,
    repoId,
  });
  const finished = {
    status: 'succeeded',
    reason: null,
    exit_code: 0,
    signal: null,
    result: 'hello',
  } as const;
  const endSeq = tx.event({ type: 'run.finished', data: finished, source: 'daemon', run, repoId });
  updateRun(tx, key, {
    startedAt: at,
    endedAt: at,
    exitCode: 0,
    result: 'hello',
    stdoutOffset: 6,
    endSeq,
    usage: { input_tokens: 3 },
  });

  const waiting = 'run_01JD0000000000000000000003';
  const live = insertRun(tx, { id: waiting, status: 'waiting', ...common });
  updateRun(tx, live, {
    waitingOn: 'apr_01JD0000000000000000000004',
    adapterState: { phase: 'prompt' },
    launchedBy: 'session',
    pid: 1,
  });
  insertApproval(tx, {
    id: 'apr_01JD0000000000000000000004',
    runKey: live,
    agentKey: 'ask-1',
    kind: 'permission',
    title: 'Edit a file',
    tool: 'edit',
    input: { path: 'a' },
    options: [{ id: 'yes', kind: 'allow_once', label: 'Yes' }],
    requestedAt: at,
    expiresAt: null,
    defaultDecision: null,
  });
  insertInput(tx, { runKey: live, inputKey: 'initialize', line: '{}', replay: 'safe' });
  setInputState(tx, 1, 'sent');
  insertIdempotency(tx, {
    key: 'k',
    method: 'POST',
    path: '/v1/runs',
    bodyHash: 'h',
    status: 201,
    body: '{}',
    createdAt: at,
  });
  insertPlanOf(tx, repoId);
});
store.read((sql) => {
  sql.get('PRAGMA journal_mode = DELETE'); // one file, without its log
  sql.exec('PRAGMA page_size = 512; VACUUM'); // a small one
});
await store.close();
rmSync(`${path}-wal`, { force: true });
rmSync(`${path}-shm`, { force: true });
