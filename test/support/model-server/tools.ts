import { resolve } from 'node:path';
import { type Asked, folderOf } from './asked.ts';
import type { ToolCall, Turn } from './turns.ts';

type Input = Readonly<Record<string, unknown>>;

/** How each agent's tool that writes a file wants to be called. */
const writers: Readonly<Record<string, (path: string, content: string) => Input>> = {
  Write: (file_path, content) => ({ file_path, content }),
  write: (filePath, content) => ({ filePath, content }),
  write_file: (file_path, content) => ({ file_path, content }),
  apply_patch: (path, content) => ({ input: patch(path, content) }),
};

/** How each agent's shell wants to be called. */
const shells: Readonly<Record<string, (command: string) => Input>> = {
  Bash: (command) => ({ command, description: 'Run it' }),
  bash: (command) => ({ command, description: 'Run it' }),
  exec_command: (cmd) => ({ cmd }),
  shell_command: (command) => ({ command }),
  shell: (command) => ({ command: ['bash', '-lc', command] }),
  run_shell_command: (command) => ({ command }),
};

/** The call that does what the turn says with a tool that the agent offers. */
export function callOf(
  turn: Extract<Turn, { kind: 'write' | 'shell' | 'tool' }>,
  asked: Asked,
  id: string,
): ToolCall {
  if (turn.kind === 'tool') return { id, name: turn.name, input: turn.input };
  const known = turn.kind === 'write' ? writers : shells;
  const name = Object.keys(known).find((candidate) => asked.tools.includes(candidate));
  if (turn.kind === 'write') {
    const path = resolve(folderOf(asked), turn.path);
    if (name !== undefined) return { id, name, input: writers[name]?.(path, turn.content) ?? {} };
    const command = `printf '%s' '${turn.content.replaceAll("'", `'\\''`)}' > '${path}'`;
    return callOf({ kind: 'shell', command }, asked, id);
  }
  if (name === undefined) throw new Error(`None of ${asked.tools.join(', ')} is a shell that is known here`);
  return { id, name, input: shells[name]?.(turn.command) ?? {} };
}

function patch(path: string, content: string): string {
  const lines = content.split('\n').map((line) => `+${line}`);
  return ['*** Begin Patch', `*** Add File: ${path}`, ...lines, '*** End Patch'].join('\n');
}
