import type { z } from 'zod';
import { type ConfigKeyScope, config } from '../../contract/index.ts';

/** One key that can be set in a file of configuration. */
export type ConfigKey = {
  /** From the top: `['log', 'level']`. */
  readonly path: readonly string[];
  readonly scope: ConfigKeyScope;
  readonly description: string;
  readonly defaultValue: unknown;
  readonly schema: z.core.$ZodType;
};

/** The part of a Zod definition that is read here; wrappers have `innerType`. */
type Definition = {
  readonly type: string;
  /** `safeint` of a whole number. */
  readonly format?: string;
  readonly innerType?: z.core.$ZodType;
  readonly defaultValue?: unknown;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
};

/** The definition of a schema without its defaults and optionals. */
export function definitionOf(schema: z.core.$ZodType): Definition {
  const definition = schema._zod.def as unknown as Definition;
  return definition.innerType === undefined ? definition : definitionOf(definition.innerType);
}

/** What stands in `.meta()` of a schema. */
export function metaOf(schema: z.core.$ZodType): {
  readonly scope?: ConfigKeyScope | undefined;
  readonly description?: string | undefined;
  /** The key that it takes the place of: only one of the two may be set. */
  readonly insteadOf?: string | undefined;
  /** A value for the example, of a key that has no default. */
  readonly example?: unknown;
} {
  return (schema as z.ZodType).meta() ?? {};
}

/** The default of a schema, or undefined. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  return (schema._zod.def as unknown as Definition).defaultValue;
}

/** Every key of a configuration in the schema's order; presets `[agents.NAME]` count as the one key `agents`. */
export function configKeys(root: z.core.$ZodType = config): readonly ConfigKey[] {
  return keysIn(root, []);
}

function keysIn(table: z.core.$ZodType, above: readonly string[]): ConfigKey[] {
  return Object.entries(definitionOf(table).shape ?? {}).flatMap(([name, schema]) => {
    const path = [...above, name];
    if (definitionOf(schema).type === 'object') return keysIn(schema, path);
    const { scope, description } = metaOf(schema);
    if (scope === undefined || description === undefined) {
      throw new TypeError(`config key ${path.join('.')} has no scope or no description`);
    }
    return [{ path, scope, description, defaultValue: defaultOf(schema), schema }];
  });
}

/** The schema that a key is checked against, or undefined where the schema knows no such key. */
export function schemaAt(root: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = root;
  for (const part of path) {
    if (schema === undefined) return undefined;
    const definition: Definition = definitionOf(schema);
    schema = definition.shape?.[String(part)] ?? definition.valueType ?? definition.element;
  }
  return schema;
}

/** The keys that a table may hold; empty where it may hold any. */
export function keysOfTable(root: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const schema = schemaAt(root, path);
  return schema === undefined ? [] : Object.keys(definitionOf(schema).shape ?? {});
}
