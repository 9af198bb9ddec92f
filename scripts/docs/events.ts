import type { z } from 'zod';
import { eventData } from '../../src/contract/index.ts';
import { generated, markdownTable } from './markdown.ts';
import { inputSchema, typeInWords } from './schema.ts';

/** docs/events.md: the data of every event type. */
export function eventsPage(): string {
  const entries: [string, z.ZodType][] = Object.entries(eventData);
  return [
    generated,
    '# Events\n\n',
    'One journal for the whole daemon. An event is `{seq, time, type, run_id?, repo_id?, plan_id?, source, data}`; `seq` is an integer without gaps when written, and what retention removes is named by `journal.truncated`. `GET /v1/events` and `GET /v1/runs/{run}/events` stream them as server-sent events: `id` is the seq, `event` the type, `data` the JSON. `Last-Event-ID` or `?after=` resumes exactly. Types and keys may be added: ignore those you do not know.\n',
    ...entries.map(([type, schema]) => {
      const json = inputSchema(schema);
      const rows = Object.entries(json.properties ?? {}).map(([name, key]) => [
        `\`${name}\``,
        `${typeInWords(key)}${json.required?.includes(name) ? '' : ', optional'}`,
        key.description ?? '',
      ]);
      return `\n## ${type}\n\n${rows.length === 0 ? 'No data.\n' : markdownTable(['Key', 'Type', ''], rows)}`;
    }),
  ].join('');
}
