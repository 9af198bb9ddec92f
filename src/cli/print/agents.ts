import type { ListedAgent } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { formatTable } from './table.ts';

/** The agents of a machine as a table; the default has a star. */
export function formatAgents(agents: readonly ListedAgent[]): string {
  return formatTable(
    [
      { heading: 'AGENT' },
      { heading: 'VERSION', maxWidth: 24 },
      { heading: 'RUNTIME' },
      { heading: 'TESTED' },
      { heading: 'FROM' },
      { heading: 'COMMAND' },
    ],
    agents.map((agent) => [
      escapeLine(agent.name) + (agent.is_default ? ' *' : ''),
      agent.version === null ? '-' : escapeLine(agent.version),
      agent.runtime,
      testedText(agent),
      sourceText[agent.source],
      commandText(agent),
    ]),
  );
}

const sourceText = {
  config: 'configuration',
  found: 'PATH',
  'built-in': 'drover',
  'not-installed': 'not installed',
} as const satisfies Record<ListedAgent['source'], string>;

function testedText({ tested_with }: ListedAgent): string {
  return tested_with === null ? 'untested' : `tested with ${escapeLine(tested_with)}`;
}

/** What is run; for what is not there, how to get it. */
function commandText({ source, command, install }: ListedAgent): string {
  if (source !== 'not-installed') return command.length === 0 ? '-' : escapeLine(command.join(' '));
  return escapeLine(install ?? `needs ${command[0] ?? ''} on the daemon’s PATH`);
}
