import { readFileSync } from 'node:fs';

/** What stands for the names in double braces: one value, several, each in a line of its own, or none. */
export type TemplateValues = Readonly<Record<string, string | readonly string[] | null>>;

/** The text of a file of `service-templates/`. Beside the bundle, or in the sources. */
export function readTemplate(name: string): string {
  try {
    return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
  } catch {
    return readFileSync(new URL(`../../service-templates/${name}`, import.meta.url), 'utf8');
  }
}

/**
 * Fills a template in. A line whose name has several values is repeated; where it has none the line goes, and the comment
 * right above it. Throws on a name without a value, which is a mistake in the template.
 */
export function fillTemplate(template: string, values: TemplateValues, comment = /^\s*#/): string {
  const lines: string[] = [];
  for (const line of template.split('\n')) {
    const name = /\{\{(\w+)\}\}/.exec(line)?.[1];
    if (name === undefined) {
      lines.push(line);
      continue;
    }
    const value = values[name];
    if (value === undefined) throw new RangeError(`The template names {{${name}}}, which has no value`);
    const all = value === null ? [] : typeof value === 'string' ? [value] : value;
    if (all.length === 0) while (comment.test(lines.at(-1) ?? '')) lines.pop();
    for (const each of all) lines.push(line.replace(`{{${name}}}`, () => each));
  }
  return lines.join('\n');
}
