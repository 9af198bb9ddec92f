/** An option as help, completion and docs/cli.md show it. */
export type CatalogueOption = {
  /** Every spelling: `-f`, `--follow`. */
  readonly names: readonly string[];
  readonly takesValue: boolean;
  readonly description: string;
};

/** A command as help, completion and docs/cli.md show it. */
export type CatalogueEntry = {
  readonly path: readonly string[];
  readonly aliases: readonly (readonly string[])[];
  readonly category: string;
  readonly description: string;
  readonly details: string;
  readonly examples: readonly (readonly [string, string])[];
  /** The arguments after the path: `ID`, `[PROMPT ...]`. */
  readonly args: string;
  readonly options: readonly CatalogueOption[];
};

/** Every command, in the order of the help. */
export type Catalogue = readonly CatalogueEntry[];

/** Options that every command takes. */
export const commonOptionNames = [
  '--profile',
  '--socket',
  '--daemon',
  '--state-root',
  '--json',
  '--help',
] as const;
