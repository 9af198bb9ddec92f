import { nearestSpelling } from '../../../foundation/config/index.ts';
import { isValueName, type ValueName, valueNames } from './values.ts';

/** `isUnless`: shown when the value is not there. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly name: ValueName }
  | {
      readonly kind: 'section';
      readonly name: ValueName;
      readonly isUnless: boolean;
      readonly nodes: readonly TemplateNode[];
    };

export type ParsedTemplate =
  | { readonly ok: true; readonly nodes: readonly TemplateNode[] }
  | { readonly ok: false; readonly problem: string };

type OpenSection = {
  readonly name: ValueName;
  readonly isUnless: boolean;
  readonly line: number;
  readonly nodes: TemplateNode[];
};

const mark = /^([#^/]?)\s*([A-Za-z][\w-]*)$/;

/** Reads `{{name}}`, `{{#name}}…{{/name}}` and, for values that are not there, `{{^name}}…{{/name}}`. */
export function parseTemplate(source: string): ParsedTemplate {
  const root: TemplateNode[] = [];
  const open: OpenSection[] = [];
  let done = 0;
  const add = (node: TemplateNode) => (open.at(-1)?.nodes ?? root).push(node);
  const addText = (end: number) => {
    if (end > done) add({ kind: 'text', text: source.slice(done, end) });
  };

  for (let start = source.indexOf('{{'); start >= 0; start = source.indexOf('{{', done)) {
    const line = source.slice(0, start).split('\n').length;
    const end = source.indexOf('}}', start) + 2;
    const inner = end < 2 ? '' : source.slice(start + 2, end - 2).trim();
    const [, sign, name] = mark.exec(inner) ?? [];
    if (sign === undefined || name === undefined) return wrong(whyNoName(line));
    if (!isValueName(name)) return wrong(whyUnknown(name, line));

    const { from, to } = sign === '' ? { from: start, to: end } : withItsLine(source, { start, end });
    addText(from);
    done = to;
    if (sign === '') add({ kind: 'value', name });
    else if (sign !== '/') open.push({ name, isUnless: sign === '^', line, nodes: [] });
    else {
      const section = open.pop();
      if (section?.name !== name) return wrong(whyNotOpen(name, { line, section }));
      add({ kind: 'section', name, isUnless: section.isUnless, nodes: section.nodes });
    }
  }
  addText(source.length);
  const section = open.at(-1);
  if (section === undefined) return { ok: true, nodes: root };
  return wrong(
    `The section of ${section.name} that begins in line ${section.line} is never closed with {{/${section.name}}}`,
  );
}

/** A mark of a section that is alone on its line takes the line with it. */
function withItsLine(source: string, { start, end }: { readonly start: number; readonly end: number }) {
  const from = source.lastIndexOf('\n', start) + 1;
  const lineEnd = source.indexOf('\n', end);
  const to = lineEnd < 0 ? source.length : lineEnd + 1;
  const isAlone = `${source.slice(from, start)}${source.slice(end, to)}`.trim() === '';
  return isAlone ? { from, to } : { from: start, to: end };
}

function wrong(problem: string): ParsedTemplate {
  return { ok: false, problem };
}

function whyNoName(line: number): string {
  return `Two braces in line ${line} hold no name: write {{title}}, or a section as {{#goal}}…{{/goal}}`;
}

function whyUnknown(name: string, line: number): string {
  const meant = nearestSpelling(name, valueNames);
  const hint = meant === null ? `there are ${valueNames.join(', ')}` : `did you mean ${meant}?`;
  return `Unknown name ${name} in line ${line}: ${hint}`;
}

type NotOpen = { readonly line: number; readonly section: OpenSection | undefined };

function whyNotOpen(name: string, { line, section }: NotOpen): string {
  if (section === undefined) return `{{/${name}}} in line ${line} closes a section that was not begun`;
  return `{{/${name}}} in line ${line} stands where {{/${section.name}}} of line ${section.line} belongs`;
}
