import { boundInput, oneLine } from '../bounded.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import type { ApprovalAnswer, Request } from './work.ts';

/** Fields and choices beyond this many are not read. */
export const maxFields = 32;

/** A field of a form (MCP's elicitation, which ACP and agents hand on). */
export type FormField = {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly choices: readonly { readonly id: string; readonly label: string }[];
};

/** What whoever asked gets back. */
export type FormResult = { readonly action: 'accept' | 'decline' | 'cancel'; readonly content?: unknown };

/** A form as an entry of the inbox: one of a single field offers its choices. */
export function formRequest(
  fields: readonly FormField[],
  shown: { readonly message: unknown; readonly schema: unknown; readonly tool: string | null },
): Request {
  const only = fields.length === 1 ? fields[0] : undefined;
  return {
    kind: 'question',
    title: oneLine(asText(shown.message) ?? 'The agent asks a question', 2000),
    tool: shown.tool === null ? null : oneLine(shown.tool, 200),
    input: boundInput(shown.schema ?? null),
    paths: [],
    options: (only?.choices ?? []).map((choice) => ({ ...choice, kind: 'answer' })),
  };
}

/**
 * The answer of a person as the result of an elicitation. A form of one field takes the text, or the option, as it is; one
 * of several takes a JSON object, or else puts the text into its first field.
 */
export function formResult(fields: readonly FormField[], answer: ApprovalAnswer): FormResult {
  if (answer.decision === 'deny') return { action: 'decline' };
  const given = answer.optionId ?? answer.text;
  const target = fields.find((field) => field.required) ?? fields[0];
  if (given === null || target === undefined) return { action: 'accept', content: defaults(fields) };
  if (fields.length > 1) {
    const whole = parseObject(given);
    if (whole !== null) return { action: 'accept', content: whole };
  }
  return { action: 'accept', content: Object.fromEntries([[target.name, fieldValue(target, given)]]) };
}

/** A bare yes, without words: true for what can be true, nothing for the rest. */
function defaults(fields: readonly FormField[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.filter((field) => field.type === 'boolean').map((field) => [field.name, true]),
  );
}

function fieldValue(field: FormField, text: string): unknown {
  switch (field.type) {
    case 'boolean':
      return /^(y|yes|true|1|ok)$/i.test(text.trim());
    case 'number':
    case 'integer': {
      const number = Number(text);
      return Number.isFinite(number) && text.trim() !== '' ? number : text;
    }
    case 'array':
      return text.split(',').map((part) => choiceOf(field, part.trim()));
    default:
      return choiceOf(field, text);
  }
}

function choiceOf(field: FormField, text: string): string {
  const found = field.choices.find((choice) => choice.id === text || choice.label === text);
  return found?.id ?? text;
}

/** The fields of a form, as far as they are read. */
export function readFields(schema: Fields): FormField[] {
  const required = asList(schema.required);
  return Object.entries(asFields(schema.properties))
    .slice(0, maxFields)
    .map(([name, value]) => {
      const property = asFields(value);
      return {
        name,
        type: asText(property.type) ?? 'string',
        required: required.includes(name),
        choices: readChoices(property.type === 'array' ? asFields(property.items) : property),
      };
    });
}

function readChoices(property: Fields): { id: string; label: string }[] {
  const titled = [...asList(property.oneOf), ...asList(property.anyOf)].map(asFields).flatMap((entry) => {
    const id = asText(entry.const);
    return id === null ? [] : [{ id, label: oneLine(asText(entry.title) ?? id, 200) }];
  });
  const plain = asList(property.enum).flatMap((entry) =>
    typeof entry === 'string' ? [{ id: entry, label: oneLine(entry, 200) }] : [],
  );
  return [...titled, ...plain].slice(0, maxFields);
}

function parseObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null; // plain words are a fine answer too
  }
}
