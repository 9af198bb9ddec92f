import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  PermissionOption,
  RequestPermissionOutcome,
  SessionUpdate,
  StopReason,
  ToolCallUpdate,
} from '@agentclientprotocol/sdk';
import { systemClock, toTimestamp } from '../base/index.ts';
import { commitFile, isWorkTree } from './commit.ts';

/** The file that the demo agent changes. */
export const demoFile = 'DEMO.md';
const readLimitBytes = 64 * 1024;

/** What the script needs of the protocol. */
export type Stage = {
  readonly cwd: string;
  readonly prompt: string;
  readonly tell: (update: SessionUpdate) => Promise<void>;
  readonly ask: (toolCall: ToolCallUpdate, options: PermissionOption[]) => Promise<RequestPermissionOutcome>;
  /** Waits a moment; rejects when the turn is canceled. */
  readonly pause: () => Promise<void>;
};

const options: PermissionOption[] = [
  { optionId: 'yes', name: 'Allow this change', kind: 'allow_once' },
  { optionId: 'no', name: 'Leave everything as it is', kind: 'reject_once' },
];

/** Plays one turn: says what it is, looks at a file, asks once, and changes something only when allowed. */
export async function play(stage: Stage): Promise<StopReason> {
  const { pause } = stage;
  await say(stage, ["I am drover's demo agent. ", 'I am scripted: there is no model behind me, ']);
  await say(stage, ['and I do the same whatever I am asked. ', `You asked: ${quote(stage.prompt)}`]);
  await plan(stage, 0);
  await pause();
  await look(stage);
  await plan(stage, 1);
  await pause();

  const change = {
    toolCallId: 'change',
    title: `Add a line to ${demoFile} and commit it`,
    kind: 'edit',
    rawInput: { path: demoFile, commit: true },
  } satisfies ToolCallUpdate;
  await stage.tell({ sessionUpdate: 'tool_call', ...change, status: 'pending' });
  const outcome = await stage.ask(change, options);
  if (outcome.outcome === 'cancelled') return 'cancelled';
  if (outcome.optionId !== 'yes') {
    await stage.tell({ sessionUpdate: 'tool_call_update', toolCallId: 'change', status: 'failed' });
    await say(stage, ['You said no, ', 'so I changed nothing.']);
    return 'end_turn';
  }

  await plan(stage, 2);
  await stage.tell({ sessionUpdate: 'tool_call_update', toolCallId: 'change', status: 'in_progress' });
  await pause();
  const done = await makeChange(stage);
  await stage.tell({ sessionUpdate: 'tool_call_update', toolCallId: 'change', status: 'completed' });
  await plan(stage, 3);
  await say(stage, ['Done. ', done]);
  return 'end_turn';
}

async function say(stage: Stage, parts: readonly string[]): Promise<void> {
  for (const text of parts) {
    await stage.tell({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
    await stage.pause();
  }
}

async function plan(stage: Stage, done: number): Promise<void> {
  const steps = [
    'Look at the README',
    'Ask before changing anything',
    `Add a line to ${demoFile} and commit it`,
  ];
  const entries = steps.map((content, index) => ({
    content,
    priority: 'medium' as const,
    status:
      index < done
        ? ('completed' as const)
        : index === done
          ? ('in_progress' as const)
          : ('pending' as const),
  }));
  await stage.tell({ sessionUpdate: 'plan', entries });
}

async function look(stage: Stage): Promise<void> {
  const toolCallId = 'look';
  const path = 'README.md';
  const start = { title: `Read ${path}`, kind: 'read' as const, status: 'in_progress' as const };
  await stage.tell({ sessionUpdate: 'tool_call', toolCallId, ...start, rawInput: { path } });
  await stage.pause();
  const text = await readHead(join(stage.cwd, path));
  const status = text === null ? 'failed' : 'completed';
  await stage.tell({ sessionUpdate: 'tool_call_update', toolCallId, status });
  const title = text?.split('\n').find((line) => line.trim() !== '');
  await say(stage, [
    title === undefined ? `There is no ${path} to read. ` : `${path} begins with ${quote(title)}. `,
    `Now I would like to add a line to ${demoFile} and commit it.`,
  ]);
}

async function makeChange(stage: Stage): Promise<string> {
  const { cwd } = stage;
  const path = join(cwd, demoFile);
  const before = (await readHead(path)) ?? '# Left by the demo agent of drover\n\n';
  const line = `- ${toTimestamp(systemClock.now())}: asked for ${quote(stage.prompt)}\n`;
  const content = before + line;
  // O_NOFOLLOW: a link of that name in a repository must not lead the write elsewhere.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o644);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
  if (!(await isWorkTree(cwd)))
    return `${demoFile} has a new line; this folder is no git repository, so there is no commit.`;
  const commit = await commitFile({
    cwd,
    path: demoFile,
    content,
    message: 'Add a line with the demo agent',
  });
  return `Commit ${commit} adds one line to ${demoFile}.`;
}

/** A regular file's text up to a limit, or null. Opened so that neither a link nor a FIFO can catch us. */
async function readHead(path: string): Promise<string | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > readLimitBytes) return null;
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch {
    return null; // absent or no plain file: the script says so
  }
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return `“${line.length > 80 ? `${line.slice(0, 79)}…` : line}”`;
}
