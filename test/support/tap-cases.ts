/** A thing that has to hold inside the throw-away system. */
export type TapCase = { readonly name: string; readonly run: () => unknown };

/** Runs cases one after another and says in TAP how each went, without any test library: none is inside. */
export async function tapCases(
  cases: readonly TapCase[],
  moreOnFailure: () => string = () => '',
): Promise<void> {
  process.stdout.write(`TAP version 14\n1..${cases.length}\n`);
  for (const [index, { name, run }] of cases.entries()) {
    const started = performance.now();
    const failure = await new Promise((resolve) => resolve(run())).then(
      () => null,
      (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    const time = `# time=${Math.round(performance.now() - started)}ms`;
    process.stdout.write(`${failure === null ? 'ok' : 'not ok'} ${index + 1} - ${name} ${time}\n`);
    if (failure === null) continue;
    process.stdout.write(diagnosis(`${failure}\n${moreOnFailure()}`.trimEnd()));
    process.exitCode = 1;
  }
}

/** What follows a test point that failed, as the YAML block of TAP 14: whoever sums up shows it, a comment would be lost. */
function diagnosis(text: string): string {
  return `  ---\n  why: |-\n${text.replace(/^/gm, '    ')}\n  ...\n`;
}
