import { join } from 'node:path';
import { detachedVariable } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { launchdLabel, serviceVariable } from '../names.ts';
import { seal, xmlComment } from '../seal.ts';
import { fillTemplate, readTemplate } from '../template.ts';
import type { ServiceSpec } from '../types.ts';
import { escapeXml, PlistError } from './plist.ts';

/** Which domain the agent is for: one with a graphical session, or the user's own, which has none. */
export type DomainKind = 'gui' | 'user';

/** The file of `service-templates/`. */
export const agentTemplate = 'dev.drover.daemon.plist';
const startWords = ['daemon', 'start', '--foreground'];
/** A line that goes with the one below it: a comment, and the empty line that sets it off. */
const leadingLine = /^\s*(<!--.*-->)?$/;
const sessionTypes = [
  '<key>LimitLoadToSessionType</key>',
  '<array>',
  '\t<string>Aqua</string>',
  '\t<string>Background</string>',
  '</array>',
];

/** What launchd writes the daemon's stdout and stderr to. */
export function errorFile(logs: string): string {
  return join(logs, 'daemon.stderr');
}

/** Every variable of the agent, in the order of its file. launchd gives none of those that a shell has. */
export function agentEnvironment(spec: ServiceSpec): Readonly<Record<string, string>> {
  return {
    PATH: spec.path,
    USER: spec.user,
    LOGNAME: spec.user,
    HOME: spec.home,
    ...spec.environment,
    [serviceVariable]: `launchd:${launchdLabel(spec.profile)}`,
    [detachedVariable]: '1', // launchd never shortens what it writes to: only crashes go there
  };
}

/** The whole command of the agent. */
export function agentArguments(spec: ServiceSpec): readonly string[] {
  return [spec.node, spec.program, ...startWords, ...spec.args];
}

/** The text of the agent's file, sealed. Throws `usage` for what no property list can hold. */
export function renderAgent(spec: ServiceSpec, domain: DomainKind): string {
  try {
    const environment = Object.entries(agentEnvironment(spec)).flatMap(([name, value]) => [
      `<key>${escapeXml(name)}</key>`,
      `<string>${escapeXml(value)}</string>`,
    ]);
    const values = {
      label: launchdLabel(spec.profile),
      arguments: agentArguments(spec).map(escapeXml),
      environment,
      errors: escapeXml(errorFile(spec.logs)),
      session_types: domain === 'user' ? sessionTypes : null,
    };
    return seal(fillTemplate(readTemplate(agentTemplate), values, leadingLine), xmlComment);
  } catch (error) {
    if (!(error instanceof PlistError)) throw error;
    throw new AppError('usage', error.message, {
      hint: 'a property list cannot carry that: use a path without it',
      cause: error,
    });
  }
}
