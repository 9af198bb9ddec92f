import * as z from 'zod';
import { type EventType, eventTypes } from './events.ts';
import { durationText } from './requests.ts';
import { parseDurationMs } from './units.ts';

/** Each hook may have a connection or a process of its own at the same time as all others. */
const maxHooks = 50;
const maxTimeoutMs = 600_000;

/** No hook is given pieces of text, which come by the thousand, or what hooks themselves tell. */
function isForHooks(type: EventType): boolean {
  return !type.startsWith('output.') && !type.endsWith('.delta') && !type.startsWith('hook.');
}

function matcher(pattern: string): (type: string) => boolean {
  if (!/^[a-z_.*]+$/.test(pattern)) return () => false;
  const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*')}$`);
  return (type) => expression.test(type);
}

/** The event types that these patterns stand for; `*` is any part of a name. */
export function hookEventTypes(on: readonly string[]): readonly EventType[] {
  const matchers = on.map(matcher);
  return eventTypes.filter((type) => isForHooks(type) && matchers.some((matches) => matches(type)));
}

/** What makes it the same hook after a change of the configuration: where it goes, and what it is told. */
export function hookIdentity({ url, command, on, repos }: Omit<HookConfig, 'headers' | 'timeout'>): string {
  const sorted = (names: readonly string[]) => [...new Set(names)].sort();
  return JSON.stringify([
    url ?? null,
    command ?? null,
    sorted(on),
    repos === undefined ? null : sorted(repos),
  ]);
}

const eventPattern = z
  .string()
  .max(100)
  .superRefine((text, context) => {
    if (hookEventTypes([text]).length > 0) return;
    if (eventTypes.some(matcher(text))) {
      const error = text.startsWith('hook')
        ? 'expected an event type that is not told by hooks themselves'
        : 'expected an event type that is not a piece of output or of a message: those come by the thousand';
      context.addIssue({ code: 'custom', message: error });
      return;
    }
    const types = eventTypes.filter(isForHooks);
    const families = [...new Set(types.map((type) => `${type.split('.')[0]}.*`))];
    context.addIssue({
      code: 'custom',
      message:
        'expected an event type of docs/events.md, such as "run.finished", or a pattern such as "plan.*"',
      params: { candidates: text.includes('*') ? families : types },
    });
  });

const urlText = z.string().refine(isPlainUrl, {
  error: 'expected an address that begins with http:// or https:// and has no name or password in it',
});

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || text.length > 4000) return false;
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** What the daemon says itself, and what would change how the request is read. */
const ownHeaders = new Set(
  'content-type content-length transfer-encoding host connection user-agent expect upgrade te trailer keep-alive drover-event drover-delivery'.split(
    ' ',
  ),
);

const headerName = z
  .string()
  .refine((name) => /^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name) && !ownHeaders.has(name.toLowerCase()), {
    error: 'expected a header that drover does not set itself',
  });

/** `$NAME` is a variable and `$$` a dollar. */
const headerValue = z
  .string()
  .max(8000)
  .refine((text) => /^(?:[\t\u0020-\u0023\u0025-\u007e]|\$\$|\$[A-Za-z_])*$/.test(text), {
    error: 'expected plain text in which $NAME stands for a variable and $$ for a dollar',
  });

const argument = z
  .string()
  .refine((text) => !text.includes('\0'), { error: 'expected a text without NUL characters' });

/** One `[[hooks]]`. */
export const hookConfig = z
  .strictObject({
    on: z
      .array(eventPattern)
      .min(1)
      .max(100)
      .meta({
        description: 'Event types, or patterns in which * stands for any part of a name',
        example: ['run.finished', 'plan.blocked'],
      }),
    url: urlText.optional().meta({
      description: 'Each event is sent there by POST, as JSON',
      example: 'https://hooks.example.org/drover',
    }),
    command: z
      .array(argument)
      .min(1)
      .refine(([program]) => program !== '', { error: 'expected a program and its arguments' })
      .optional()
      .meta({
        description: 'Or a program and its arguments, which is given each event on standard input',
        insteadOf: 'url',
        example: ['notify-send', 'drover'],
      }),
    headers: z
      .record(headerName, headerValue)
      .optional()
      .meta({
        description: 'Sent with each request; $NAME is taken from the environment of the daemon',
        example: { authorization: 'Bearer $HOOKS_TOKEN' },
      }),
    timeout: durationText
      .refine((text) => isTimeout(text), { error: 'expected a duration of more than 0 and at most 10m' })
      .default('30s')
      .meta({ description: 'A delivery that takes longer has failed, and is tried again' }),
    repos: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .meta({ description: 'Only events of these repositories, by their project names', example: ['shop'] }),
  })
  .superRefine(({ url, command, headers }, context) => {
    const error = (message: string, path: string[] = []) =>
      context.addIssue({ code: 'custom', message, path });
    if ((url === undefined) === (command === undefined)) error('expected either url or command');
    else if (headers !== undefined && url === undefined)
      error('expected none: a command has no headers', ['headers']);
  });
export type HookConfig = z.infer<typeof hookConfig>;

function isTimeout(text: string): boolean {
  try {
    const ms = parseDurationMs(text);
    return ms > 0 && ms <= maxTimeoutMs;
  } catch {
    return true; // that it is no duration at all is said already
  }
}

/** `[[hooks]]`: who is told of events. */
export const hooksConfig = z
  .array(hookConfig)
  .max(maxHooks)
  .superRefine((hooks, context) => {
    const identities = hooks.map(hookIdentity);
    for (const [index, identity] of identities.entries()) {
      const first = identities.indexOf(identity);
      if (first === index) continue;
      const message = `expected another target or other events than hooks[${first}] has`;
      context.addIssue({ code: 'custom', message, path: [index] });
    }
  })
  .default([])
  .meta({
    scope: 'live',
    description:
      'Who is told of events, in order and at least once: a web address or a program. See docs/hooks.md',
  });
