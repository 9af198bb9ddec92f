import { z } from 'zod';

/** The part of a JSON Schema that the pages show. */
export type JsonSchema = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly scope?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly $ref?: string;
  readonly id?: string;
  /** The key that this one takes the place of. */
  readonly insteadOf?: string;
  readonly example?: unknown;
};

/** JSON Schema of what a caller writes; the names of the resources in it stay. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema & {
    readonly $defs?: Readonly<Record<string, JsonSchema>>;
  };
  const name = json.$ref === undefined ? undefined : nameOf(json.$ref);
  return name === undefined ? json : { ...json.$defs?.[name], id: name };
}

/** A type in words: `string`, `one of "a", "b"`, `list of string`, `string or null`. */
export function typeInWords(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeInWords).join(' or ');
  if (schema.type === 'array') return `list of ${typeInWords(schema.items ?? {})}`;
  if (schema.id !== undefined) return schema.id;
  if (schema.type === undefined) return 'anything';
  return Array.isArray(schema.type) ? schema.type.join(' or ') : String(schema.type);
}

function nameOf(reference: string): string {
  return reference.split('/').at(-1) ?? reference;
}
