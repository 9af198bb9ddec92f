/** The Dockerfile as plain values, and the context that a build of it gets. */
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DockerfileParser, type JSONInstruction, type ModifiableInstruction } from 'dockerfile-ast';
import { root, textOf } from './house.ts';

/** One instruction: `words` are its arguments without flags, of a JSON form its strings. */
export type Step = {
  readonly keyword: string;
  readonly line: number;
  readonly flags: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  readonly isJson: boolean;
  /** All after the keyword and the flags, as one line. */
  readonly text: string;
};

/** What one FROM begins. */
export type Stage = { readonly image: string; readonly name: string | null; readonly steps: readonly Step[] };

/** Reads the project's Dockerfile. */
export function readDockerfile(): { readonly args: readonly Step[]; readonly stages: readonly Stage[] } {
  const file = DockerfileParser.parse(textOf('Dockerfile'));
  const steps = file.getInstructions().map((instruction): Step => {
    const modifiable = instruction as Partial<ModifiableInstruction & JSONInstruction>;
    const flags = modifiable.getFlags?.() ?? [];
    const words = instruction.getArguments().map((word) => word.getValue());
    const keyword = instruction.getKeyword();
    const text = (instruction.getArgumentsContent() ?? '').replaceAll(/\\\n\s*/g, '').trim();
    const strings = (modifiable.getJSONStrings?.() ?? []).map((word) => word.getJSONValue());
    // The parser takes what follows HEALTHCHECK's own CMD for words.
    const command = keyword === 'HEALTHCHECK' ? /\bCMD (\[.*\])$/.exec(text)?.[1] : undefined;
    const json = command === undefined ? strings : (JSON.parse(command) as string[]);
    return {
      keyword,
      line: (instruction.getRange()?.start.line ?? 0) + 1,
      flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ''])),
      words: json.length > 0 ? json : words,
      isJson: json.length > 0,
      text,
    };
  });
  const stages: { image: string; name: string | null; steps: Step[] }[] = [];
  const args: Step[] = [];
  for (const step of steps) {
    const stage = stages.at(-1);
    if (step.keyword === 'FROM')
      stages.push({ image: step.words[0] ?? '', name: step.words[2] ?? null, steps: [] });
    else if (stage === undefined) args.push(step);
    else stage.steps.push(step);
  }
  return { args, stages };
}

/** The pairs of an ENV or LABEL, or the one of an ARG, over all of these steps. */
export function pairsOf(steps: readonly Step[], keyword: string): Record<string, string> {
  const pairs = steps
    .filter((step) => step.keyword === keyword)
    .flatMap(({ text }) => [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g)])
    .map(([, name = '', quoted, bare]): [string, string] => [name, quoted ?? bare ?? '']);
  return Object.fromEntries(pairs);
}

/** What `.dockerignore` lets in: it must be a `*` and what is let in again by name. */
export function contextPaths(): string[] {
  const lines = textOf('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines[0] !== '*') throw new Error('.dockerignore must begin by leaving everything out');
  return lines.slice(1).map((line) => {
    if (!/^![\w./-]+$/.test(line)) throw new Error(`.dockerignore: '${line}' is more than a name`);
    return line.slice(1);
  });
}

/** Copies the context of a build into `folder`. */
export function copyContext(folder: string): void {
  for (const path of contextPaths()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
}

/** Carries out a COPY from `source` (a context or an earlier stage) to `target`, relative to `workdir`, below `image`. */
export function carryOutCopy(
  { words }: Step,
  places: { readonly source: string; readonly image: string; readonly workdir: string },
): void {
  const target = words.at(-1) ?? '';
  const into = join(places.image, target.startsWith('/') ? target : join(places.workdir, target));
  const sources = words.slice(0, -1).map((word) => join(places.source, word));
  for (const source of sources) {
    if (!existsSync(source)) throw new Error(`${source} is not there to be copied`);
    if (statSync(source).isDirectory()) {
      mkdirSync(into, { recursive: true });
      for (const name of readdirSync(source))
        cpSync(join(source, name), join(into, name), { recursive: true });
    } else {
      const file = target.endsWith('/') ? join(into, source.split('/').at(-1) ?? '') : into;
      mkdirSync(dirname(file), { recursive: true });
      cpSync(source, file);
    }
  }
}
