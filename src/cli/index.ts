/**
 * cli: the commands. Each is thin over the client: it parses, calls and prints. It promises that stdout is the answer
 * and stderr the talk, that nothing an agent wrote is obeyed by the terminal, and the exit codes of the contract; it
 * must not know how the daemon works.
 */
export { catalogueOf } from './catalogue.ts';
export type { Catalogue, CatalogueEntry, CatalogueOption } from './catalogue-types.ts';
export type { CliContext, RunDaemonOptions, World } from './context.ts';
export { exitCodes } from './exit-code.ts';
export { isCommon, spellOption } from './print/overview.ts';
export { createCli, runCli } from './run-cli.ts';
