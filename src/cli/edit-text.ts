import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOnTerminal } from '../base/index.ts';
import { AppError } from '../contract/index.ts';
import type { CliContext } from './context.ts';
import { usageError } from './errors.ts';
import { ensureNewline } from './print/run.ts';

/** A text as a person has changed it, and the file that holds it until it has arrived. */
export type Edited = {
  readonly text: string;
  readonly file: string;
  readonly remove: () => Promise<void>;
};

/**
 * Lets a person change a text in their own editor, on this terminal. Null where they left it as it was. Throws `usage`
 * where there is no editor, or it ended with an error; what was written stays in the file then, which is named.
 */
export async function editText(
  context: CliContext,
  { text, name }: { readonly text: string; readonly name: string },
): Promise<Edited | null> {
  const editor = context.env.VISUAL || context.env.EDITOR;
  if (!editor) throw usageError('There is no editor to open', 'set $VISUAL or $EDITOR, or name a FILE');
  const folder = await mkdtemp(join(context.env.TMPDIR || tmpdir(), 'drover-edit-'));
  const file = join(folder, name);
  const remove = () => rm(folder, { recursive: true, force: true });
  const before = ensureNewline(text);
  await writeFile(file, before, { mode: 0o600 });
  const code = await openEditor(editor, file, context);
  const after = await readFile(file, 'utf8').catch(() => before);
  if (code !== 0) {
    if (after === before) await remove();
    throw new AppError('usage', `The editor ended with ${code}, so nothing was changed`, {
      hint: after === before ? 'set $VISUAL or $EDITOR to another one' : `what you wrote is kept in ${file}`,
    });
  }
  if (after !== before) return { text: after, file, remove };
  await remove();
  return null;
}

/** By a shell, as git does it: an editor may be a command with options. */
async function openEditor(editor: string, file: string, context: CliContext): Promise<number> {
  const env = Object.entries(context.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const giveBack = context.onInterrupt(() => {}); // what is typed is the editor's
  try {
    return await runOnTerminal('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], {
      env: Object.fromEntries(env),
    });
  } finally {
    giveBack();
  }
}
