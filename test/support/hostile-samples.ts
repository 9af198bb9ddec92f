import * as z from 'zod';

/** What a terminal obeys, or what makes text look like another: one of each kind. */
export const corpus: Readonly<Record<string, string>> = {
  'CSI: clears the screen': '\u001b[2J',
  'OSC 52: writes the clipboard': '\u001b]52;c;cm0gLXJmIH4=\u0007',
  'OSC 8: a link that is not what it says': '\u001b]8;;http://evil.example\u001b\\safe\u001b]8;;\u001b\\',
  'OSC 0: the title of the window': '\u001b]0;owned\u0007',
  'DCS: asks the terminal to answer': '\u001bP$q q\u001b\\',
  'C1: the same in one character': '\u009b2J\u009d52;c;eA==\u009c',
  'bidi: another order': '\u202eexe.txt\u202c\u2066\u2069\u200f',
  'a lone surrogate': '\ud800',
  'its other half': '\udc00',
  'back over what stood there': 'good\b\b\b\bevil\rworse',
  'rings, deletes, begins a page': '\u0007\u007f\u000c\u000b',
  'lines that JavaScript alone sees': '\u2028\u2029\ufeff',
};

/** All of it in one text. */
export const hostileText = `<${Object.values(corpus).join('|')}>`;

/** Whatever of that reached a terminal. */
export const obeyed =
  /[\0-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** What every id is, so that one answer leads to the next. */
export const target = 'target';

type JsonSchema = {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
};

/** Given by the daemon to its own things, never by an agent. */
const ownIds = ['id', 'run_id', 'repo_id', 'approval_id', 'input_id', 'retry_of'];

/**
 * A value of the schema whose every text is hostile, but for ids, times and words from a list. `variant` chooses among
 * words, and between something and nothing.
 */
export function hostileSample(schema: z.ZodType, variant: number): unknown {
  const root = z.toJSONSchema(schema, { unrepresentable: 'any' }) as JsonSchema;
  return sample(root, { variant, defs: root.$defs ?? {}, name: '' });
}

type Place = {
  readonly variant: number;
  readonly defs: Readonly<Record<string, JsonSchema>>;
  readonly name: string;
};

function sample(schema: JsonSchema, place: Place): unknown {
  const { variant, defs, name } = place;
  if (schema.$ref !== undefined) return sample(defs[schema.$ref.replace('#/$defs/', '')] ?? {}, place);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[variant % schema.enum.length];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) {
    const something = choices.filter(({ type }) => type !== 'null');
    return sample(something[variant % something.length] ?? {}, place);
  }
  const type = [schema.type].flat().find((one) => one !== 'null');
  switch (type) {
    case 'string':
      if (schema.format === 'date-time') return '2026-01-02T03:04:05.000Z';
      return ownIds.includes(name) ? target : hostileText;
    case 'integer':
    case 'number':
      return variant + 1;
    case 'boolean':
      return variant % 2 === 0;
    case 'array':
      return [sample(schema.items ?? {}, place), sample(schema.items ?? {}, place)];
    case 'object': {
      const own = Object.entries(schema.properties ?? {});
      if (own.length === 0) return { [hostileText]: hostileText };
      return Object.fromEntries(own.map(([key, value]) => [key, sample(value, { ...place, name: key })]));
    }
    default:
      return { [hostileText]: [hostileText, `${hostileText}\n${hostileText}`] }; // anything: the input of a tool
  }
}
