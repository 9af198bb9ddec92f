import type { AliasRoute, Page, Run, Status } from '../contract/index.ts';

/** Turns a route's answer into the shape of the reference page that documents the alias. */
export function shapeAnswer(shape: AliasRoute['shape'], value: unknown): unknown {
  switch (shape) {
    case 'same':
      return value;
    case 'run_id':
      return { run_id: (value as Run).run_id };
    case 'list':
      return (value as Page<unknown>).items;
    case 'data':
      return { data: value };
    case 'daemon_status':
      return daemonStatus(value as Status);
    default:
      return shape satisfies never;
  }
}

/** The page shows the object bare, that program's other answers come under `data`: both readers find it. */
function daemonStatus(status: Status) {
  const object = {
    status: 'running',
    pid: status.pid,
    endpoint: status.address === null ? `unix:${status.socket}` : `http://${status.address}`,
    startedAt: Date.parse(status.started_at),
  };
  return { ...object, data: object };
}

/** A body as the reference pages send it: `text` is what one of them calls the prompt. */
export function bodyOfAlias(alias: AliasRoute, body: unknown): unknown {
  if (alias.route !== 'runsStart' || typeof body !== 'object' || body === null || !('text' in body))
    return body;
  const { text, ...rest } = body;
  return 'prompt' in rest ? body : { ...rest, prompt: text };
}
