import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The text of a file, by its path in the project. */
export function textOf(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

/** The paths of the files that match, sorted; generated and installed ones left out. */
export function filesLike(pattern: string): string[] {
  const exclude = (name: string) => /(^|\/)(node_modules|dist|coverage|\.tap|\.demo|\.git)$/.test(name);
  return globSync(pattern, { cwd: root, exclude }).sort();
}

/** Every Markdown page of the project. */
export function pages(): string[] {
  return filesLike('**/*.md').filter((path) => !path.startsWith('test/'));
}

/** The code blocks of a page whose language is `language`, one string each. */
export function codeBlocks(page: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...textOf(page).matchAll(fence)].map((match) => match[1] ?? '');
}

/** A page's text without its code blocks. */
export function proseOf(page: string): string {
  return textOf(page).replaceAll(/^```.*?^```$/gms, '');
}
