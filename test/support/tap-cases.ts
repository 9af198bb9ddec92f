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
    process.stdout.write(`${failure}\n${moreOnFailure()}`.trimEnd().replace(/^/gm, '# ').concat('\n'));
    process.exitCode = 1;
  }
}
