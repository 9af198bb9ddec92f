/** Counts what tap reports: each assertion once, a subtest's own line only when it failed for a reason of its own. */
import { Parser, type Result } from 'tap-parser';

/** What one or more suites came to. */
export type Counts = { passed: number; failed: number; readonly skipped: string[] };

/** What one test file came to, with the text of its failures. */
export type FileResult = Counts & {
  readonly file: string;
  readonly seconds: number;
  readonly failures: string[];
};

/**
 * Adds up TAP as it arrives; `onFile` is told of each test file (a subtest at the top) when it has ended, of a line at
 * the top that belongs to no file (tap gives up on one), and at the end of a file that never ended.
 */
export function countTap(onFile: (result: FileResult) => void): Parser {
  let current: FileResult | null = null;
  const parser = new Parser(() => {
    if (current === null) return;
    current.failed++;
    current.failures.push(`${current.file} did not end`);
    onFile(current);
  });
  parser.on('child', (child: Parser) => {
    const file = emptyFile(child.name);
    current = file;
    follow(child, () => file);
  });
  parser.on('assert', (result: Result) => {
    const file = result.closingTestPoint ? current : null;
    if (file !== null) current = null;
    const seconds = (result.time ?? 0) / 1000;
    onFile(withLine({ ...(file ?? emptyFile()), file: result.name, seconds }, result));
  });
  return parser;
}

function emptyFile(file = ''): FileResult {
  return { file, seconds: 0, passed: 0, failed: 0, skipped: [], failures: [] };
}

function follow(parser: Parser, into: () => FileResult): void {
  let failedBefore = into().failed;
  parser.on('child', (child: Parser) => {
    failedBefore = into().failed;
    follow(child, into);
  });
  parser.on('assert', (result: Result) => {
    const file = into();
    if (!result.closingTestPoint) count(file, result);
    else if (!result.ok && file.failed === failedBefore) fail(file, result);
  });
}

/** The line of a file as a whole: it matters only when nothing inside tells the same. */
function withLine(file: FileResult, result: Result): FileResult {
  if (result.skip !== false) file.skipped.push(described(result));
  else if (!result.ok && file.failed === 0) fail(file, result);
  return file;
}

function count(file: FileResult, result: Result): void {
  if (result.skip !== false || result.todo !== false) file.skipped.push(described(result));
  else if (result.ok) file.passed++;
  else fail(file, result);
}

function fail(file: FileResult, result: Result): void {
  file.failed++;
  const diagnosis = result.diag === null ? '' : `\n${JSON.stringify(result.diag, null, 2)}`;
  file.failures.push(`${result.fullname || result.name}${diagnosis}`);
}

function described(result: Result): string {
  const reason = [result.skip, result.todo].find((value) => typeof value === 'string' && value !== '');
  return `${result.fullname || result.name}: ${reason ?? 'no reason given'}`;
}
