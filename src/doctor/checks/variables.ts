import { statSync } from 'node:fs';
import type { AgentPlace } from '../agents/service-environment.ts';
import { type Finding, note, warning } from '../finding.ts';
import { handOver } from '../hand-over.ts';
import type { Situation } from '../situation.ts';

const proxies = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
const certificates = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/** Variables that decide whether a network can be reached, or that change Node.js. Values are never shown. */
export function judgeVariables(
  situation: Situation,
  { shell, service }: { readonly shell: AgentPlace; readonly service: AgentPlace },
): readonly Finding[] {
  const found: Finding[] = [];
  const there = service.daemonEnv;
  const who = service.kind === 'unit' ? 'service' : 'daemon';
  for (const name of [...proxies, ...certificates]) {
    if (!shell.daemonEnv[name] || there[name]) continue;
    const isProxy = proxies.includes(name);
    const detail = isProxy
      ? 'Agents there may not reach their models.'
      : 'Agents there may not trust the certificates of your network.';
    found.push(
      note('agents.network', `${name} is set in your shell and not where the ${who} runs agents`, {
        detail,
        command: service.kind === 'unit' ? handOver(situation, name) : situation.drover('daemon restart'),
      }),
    );
  }
  for (const name of certificates) {
    const path = there[name];
    if (!path || statSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    found.push(warning('agents.network', `${name} of the ${who} names something that is not there`));
  }
  if (there.NODE_OPTIONS && service.kind !== 'shell') {
    found.push(
      warning('agents.node', `NODE_OPTIONS is set where the ${who} runs: it changes the daemon itself`, {
        command: 'systemctl --user show-environment | grep -c NODE_OPTIONS',
      }),
    );
  }
  return found;
}
