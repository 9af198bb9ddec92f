/** What a heading is to a plan; `wrong` when it is near a wave or a task, with what to write instead. */
export type HeadingReading =
  | { readonly kind: 'wave'; readonly number: number; readonly title: string | null }
  | { readonly kind: 'task'; readonly title: string }
  | { readonly kind: 'wrong'; readonly of: 'wave' | 'task'; readonly message: string };

export type HeadingPlace = {
  readonly level: number;
  /** The number that the next wave should have. */
  readonly nextWave: number;
  /** The first heading of level 1 may speak of a task; of a wave without a number too. */
  readonly isTitle: boolean;
};

const numberWords = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const wordPattern = numberWords.join('|');
const dash = '(?:-{1,3}|[‐‑‒–—―−])';
const separator = `(?:[:：]|${dash}|[.)](?=\\s|$))`;

const waveStart = /^wave(?![\p{L}'’])/iu;
const waveNumber = new RegExp(
  `^wave[\\s#_-]*(\\d{1,6}|${wordPattern})(?![\\p{L}\\d_]|[.,–—-]\\d)\\s*(.*)$`,
  'isu',
);
const waveTitleMark = new RegExp(`^(?:${separator}|[|,])\\s*`, 'u');
const waveWithoutNumber =
  /^wave\s*(?:$|[:：#\d]|[–—-](?:\s|$)|(?:[ivx]{1,4}|[a-z])\s*(?:$|[:：]|[–—-](?:\s|$)))/iu;
const waveAfterOrdinal =
  /^(?:the\s+)?(?:first|second|third|fourth|fifth|last|final|next|\d+(?:st|nd|rd|th)|\d+[.)])\s+wave(?!\p{L})/iu;

const taskNumber = `(?:\\d+(?:\\.\\d+)*[a-z]?|${wordPattern})(?![\\p{L}\\d])`;
const taskStart = /^task(?![\p{L}'’])/iu;
const taskWithNumber = new RegExp(`^task\\s*[#_-]?\\s*${taskNumber}\\s*${separator}\\s*(.*)$`, 'isu');
const taskWithoutNumber = new RegExp(`^task(?:\\s+[a-z])?(?:\\s*[:：]|\\s+${dash}(?=\\s|$))\\s*(.*)$`, 'isu');
const taskWithoutSeparator = new RegExp(`^task\\s*[#_-]?\\s*${taskNumber}\\s*(.*)$`, 'isu');

/** Whether this begins as the headings of waves and tasks do, with a number: what is said when it is no heading. */
export function isLikeWave(text: string): boolean {
  return waveNumber.test(withoutEmphasis(text));
}

/** The same of a task; without a colon or dash behind the number it has to be all that there is. */
export function isLikeTask(text: string): boolean {
  const plain = withoutEmphasis(text);
  return taskWithNumber.test(plain) || taskWithoutSeparator.exec(plain)?.[1] === '';
}

/** Reads a heading; null for one that is nothing special. */
export function readHeading(text: string, place: HeadingPlace): HeadingReading | null {
  const plain = withoutEmphasis(text);
  return readWave(plain, place) ?? (place.isTitle ? null : readTask(plain, place));
}

function readWave(text: string, { level, nextWave, isTitle }: HeadingPlace): HeadingReading | null {
  const mayBeWave = level === 2 || level === 3;
  const wrong = (message: string): HeadingReading => ({ kind: 'wrong', of: 'wave', message });
  const [, digits, rest] = waveNumber.exec(text) ?? [];
  if (digits !== undefined && rest !== undefined) {
    const number = numberOf(digits);
    const title = rest.replace(waveTitleMark, '');
    if (mayBeWave) return { kind: 'wave', number, title: title === '' ? null : title };
    return wrong(
      `A wave is a heading of level 2, this one has level ${level}: write "${waveLine(number, title)}"`,
    );
  }
  if (waveStart.test(text) && !isTitle && (mayBeWave || waveWithoutNumber.test(text))) {
    const said = text.replace(/^wave[\s#:：._–—-]*(?:\d\S*\s*)?/iu, '');
    return wrong(
      `This wave has no whole number: write "${waveLine(nextWave, said)}", or begin the heading with another word`,
    );
  }
  if (mayBeWave && waveAfterOrdinal.test(text)) {
    return wrong(`A wave begins with its word and number: write "${waveLine(nextWave, '')}"`);
  }
  return null;
}

function readTask(text: string, { level, nextWave }: HeadingPlace): HeadingReading | null {
  const mayBeTask = level === 3 || level === 4;
  const wrong = (message: string): HeadingReading => ({ kind: 'wrong', of: 'task', message });
  const title = (taskWithNumber.exec(text) ?? taskWithoutNumber.exec(text))?.[1];
  if (title !== undefined) {
    if (!mayBeTask) {
      return wrong(`A task is a heading of level 3, this one has level ${level}: write "${taskLine(title)}"`);
    }
    return title === '' ? wrong(noTitle) : { kind: 'task', title };
  }
  const numbered = taskWithoutSeparator.exec(text)?.[1];
  if (numbered === '') return wrong(noTitle);
  if (numbered !== undefined) {
    return wrong(`A colon belongs between the number of a task and its title: write "${taskLine(numbered)}"`);
  }
  if (!taskStart.test(text) || !mayBeTask) return null;
  const said = text.slice('task'.length).replace(/^[\s#:：._–—-]+/u, '');
  if (said === '') return wrong(noTitle);
  if (level === 4 || nextWave === 1) return null;
  return wrong(
    `This task has no number and colon: write "${taskLine(said)}", or begin the heading with another word`,
  );
}

const noTitle = 'This task has no title: write "### Task 1: What it is about"';

/** `**Wave 1:** Base` as `Wave 1: Base`. */
function withoutEmphasis(text: string): string {
  const trimmed = text.trim();
  const mark = /^(?:\*{1,3}|_{1,3})/.exec(trimmed)?.[0];
  if (mark === undefined) return trimmed;
  const end = trimmed.indexOf(mark, mark.length);
  if (end < 0) return trimmed;
  return `${trimmed.slice(mark.length, end)}${trimmed.slice(end + mark.length)}`.trim();
}

function numberOf(text: string): number {
  const word = numberWords.indexOf(text.toLowerCase());
  return word < 0 ? Number(text) : word + 1;
}

function waveLine(number: number, title: string): string {
  return title === '' ? `## Wave ${number}` : `## Wave ${number}: ${shortened(title)}`;
}

function taskLine(title: string): string {
  return `### Task 1: ${shortened(title === '' ? 'What it is about' : title)}`;
}

/** Enough of a title to know it again. */
function shortened(title: string): string {
  return title.length > 60 ? `${title.slice(0, 60)}…` : title;
}
