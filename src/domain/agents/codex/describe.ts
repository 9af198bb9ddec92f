import { boundInput, oneLine, shorten } from '../bounded.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';

/** Of a change of a file this much is shown to a person who is asked about it, in characters. */
export const maxDiffChars = 8 * 1024;

/** False for an item that failed, or was not allowed. */
export function isGood({ status, success, error }: Fields): boolean {
  if (success === false || (error !== undefined && error !== null)) return false;
  return status !== 'failed' && status !== 'declined' && status !== 'interrupted';
}

/** What of an item a reader sees as a tool call; null for what is none. */
export function describeItem(item: Fields): { title: string; kind: string; input: unknown } | null {
  switch (item.type) {
    case 'commandExecution':
      return { title: commandOf(item), kind: 'execute', input: { command: item.command, cwd: item.cwd } };
    case 'fileChange':
      return describeChange(item);
    case 'mcpToolCall': {
      const name = `${asText(item.server) ?? 'mcp'}.${asText(item.tool) ?? 'tool'}`;
      return { title: name, kind: 'other', input: item.arguments };
    }
    case 'dynamicToolCall':
      return { title: asText(item.tool) ?? 'tool', kind: 'other', input: item.arguments };
    case 'collabAgentToolCall':
      return {
        title: `Agent: ${asText(item.tool) ?? 'call'}`,
        kind: 'think',
        input: { prompt: item.prompt ?? null },
      };
    case 'webSearch':
      return {
        title: `Search ${asText(item.query) ?? 'the web'}`,
        kind: 'search',
        input: { query: item.query ?? null },
      };
    case 'imageView':
      return {
        title: `View ${asText(item.path) ?? 'an image'}`,
        kind: 'read',
        input: { path: item.path ?? null },
      };
    default:
      return null;
  }
}

/** The command as it was meant: without the shell that Codex wraps it in. */
export function commandOf(fields: Fields): string {
  const actions = asList(fields.commandActions).map(asFields);
  const meant = actions.length === 1 ? asText(actions[0]?.command) : null;
  return oneLine(meant ?? asText(fields.command) ?? 'a command');
}

function describeChange(item: Fields): { title: string; kind: string; input: unknown } {
  const changes = asList(item.changes).map(asFields);
  const paths = changes.flatMap(({ path }) => asText(path) ?? []);
  const shown = changes.map(({ path, kind, diff }) => ({
    path,
    kind: asText(asFields(kind).type) ?? kind,
    diff: shorten(asText(diff) ?? '', maxDiffChars),
  }));
  return {
    title: oneLine(`Edit ${paths.join(', ') || 'files'}`),
    kind: 'edit',
    input: boundInput({ changes: shown }),
  };
}
