import { stringify } from 'smol-toml';
import { planRoles } from '../../contract/index.ts';
import { type ConfigKey, configKeys, defaultOf, definitionOf, metaOf } from './keys.ts';

const lineWidth = 100;

/**
 * The text of `config.example.toml`: every key with its description and, commented out, its default. Uncommenting all
 * of it changes nothing but what has none: roles, a preset, a rule.
 */
export function renderExample(): string {
  const keys = configKeys();
  const outer = keys.filter(
    ({ path, schema }) => path.length === 1 && definitionOf(schema).type !== 'record',
  );
  const [lists, top] = [outer.filter(isTables), outer.filter((key) => !isTables(key))];
  const tables = [...new Set(keys.filter(({ path }) => path.length > 1).map(({ path }) => path[0] ?? ''))];
  const presets = keys.filter(({ schema }) => definitionOf(schema).type === 'record');
  const sections = [
    [
      comment(
        'drover reads drover/daemon.toml in $XDG_CONFIG_HOME or ~/.config. Every key is optional; the values below are the defaults.',
      ),
      comment(
        'Run `drover daemon reload` after a change. Keys marked (restart) wait for `drover daemon restart`.',
      ),
    ].join('\n'),
    ...top.map(renderKey),
    ...tables.map((table) => {
      const inside = keys.filter(({ path }) => path.length > 1 && path[0] === table);
      // What follows a list of tables belongs to the last of them.
      const [lists, plain] = [inside.filter(isTables), inside.filter((key) => !isTables(key))];
      return [`[${table}]`, ...plain.map(renderKey), ...lists.map(renderTables)].join('\n\n');
    }),
    ...lists.map(renderTables),
    ...presets.map(renderPreset),
  ];
  return `${sections.join('\n\n')}\n`;
}

function renderKey({ path, scope, description, defaultValue }: ConfigKey): string {
  const note = scope === 'restart' ? ' (restart)' : '';
  const name = path.at(-1) ?? '';
  return `${comment(description + note)}\n# ${assignment(name, defaultValue ?? exampleValues[name])}`;
}

/** True for a list of tables, as `[[policy.rules]]`. */
function isTables({ schema }: ConfigKey): boolean {
  const { element } = definitionOf(schema);
  return element !== undefined && definitionOf(element).type === 'object';
}

/** `[agents.NAME]`: commented out as a whole, since a preset has no default. */
function renderPreset({ path, description, schema }: ConfigKey): string {
  return renderEntry(`[${path.join('.')}.example]`, description, definitionOf(schema).valueType);
}

/** `[[policy.rules]]`: the same, since the list is empty by default. */
function renderTables({ path, description, schema }: ConfigKey): string {
  return renderEntry(`[[${path.join('.')}]]`, description, definitionOf(schema).element);
}

function renderEntry(header: string, description: string, entry: ConfigKey['schema'] | undefined): string {
  const fields = Object.entries(entry === undefined ? {} : (definitionOf(entry).shape ?? {}));
  const lines = fields.flatMap(([name, field]) => {
    const { description = '', insteadOf } = metaOf(field);
    // Not to be uncommented with the rest: only one of the two may be set.
    const prefix = insteadOf === undefined ? '' : `instead of ${insteadOf}: `;
    return [comment(description), `# ${prefix}${assignment(name, exampleOf(name, field))}`];
  });
  return [comment(description), `# ${header}`, ...lines].join('\n');
}

function exampleOf(name: string, field: ConfigKey['schema']): unknown {
  return metaOf(field).example ?? exampleValues[name] ?? defaultOf(field);
}

/** Values of keys that have no default. */
const exampleValues: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(planRoles.map((role) => [role, 'claude'])),
  runtime: 'acp',
  command: ['my-agent', '--acp'],
  env: { MY_AGENT_MODE: 'careful' },
  max_turns: 50,
  run_timeout: '2h',
  approval_timeout: '8h',
  decision: 'deny',
  agent: 'claude',
  repo: 'shop',
  tool: 'Edit',
  path: 'secrets/**',
  reason: 'secrets are for people',
};

function assignment(name: string, value: unknown): string {
  // As a float where the number is one in spirit: `2.0` says that `0.5` is fine.
  if (name.endsWith('_sec') && Number.isInteger(value)) return `${name} = ${value}.0`;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const pairs = Object.entries(value).map(([key, each]) => assignment(key, each));
    return `${name} = { ${pairs.join(', ')} }`;
  }
  return stringify({ [name]: value }).trim();
}

function comment(text: string): string {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > lineWidth) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
