import { defaultProfile } from '../../base/index.ts';
import { serviceUnit, serviceVariable, socketUnit } from '../names.ts';
import { hashComment, seal } from '../seal.ts';
import { fillTemplate, readTemplate } from '../template.ts';
import type { ServiceSpec } from '../types.ts';
import { assertPlain, assignment, barePath, execProgram, execWord } from './words.ts';

/** The name and the text of each unit of `spec`, the service first. Throws `usage` for a path that no unit can carry. */
export function renderUnits(spec: ServiceSpec): readonly { readonly name: string; readonly text: string }[] {
  for (const [what, text] of textsOf(spec)) assertPlain(what, text);
  const service = {
    name: serviceUnit(spec.profile),
    text: seal(fillTemplate(readTemplate('drover.service'), serviceValues(spec)), hashComment),
  };
  if (!spec.socketActivation) return [service];
  const values = {
    description: `The socket of drover${ofProfile(spec)}`,
    socket: barePath('The path of the socket', spec.socket),
  };
  const socket = seal(fillTemplate(readTemplate('drover.socket'), values), hashComment);
  return [service, { name: socketUnit(spec.profile), text: socket }];
}

function serviceValues(spec: ServiceSpec) {
  const unit = serviceUnit(spec.profile);
  const program = [execProgram(spec.node), execWord(spec.program)];
  const places = spec.args.filter((arg) => /^--(profile|state-root|socket)=/.test(arg));
  return {
    unit,
    description: `drover, runs coding agents on your repositories${ofProfile(spec)}`,
    socket_unit: spec.socketActivation ? socketUnit(spec.profile) : null,
    start: [...program, 'daemon start --foreground', ...spec.args.map(execWord)].join(' '),
    reload: [...program, 'daemon reload', ...places.map(execWord)].join(' '),
    path: assignment('PATH', spec.path),
    service: assignment(serviceVariable, `systemd:${unit}`),
    places: Object.entries(spec.environment).map(([name, value]) => assignment(name, value)),
  };
}

function ofProfile({ profile }: ServiceSpec): string {
  return profile === defaultProfile ? '' : ` (profile ${profile})`;
}

function textsOf(spec: ServiceSpec): (readonly [string, string])[] {
  return [
    ['The path of Node.js', spec.node],
    ['The path of drover', spec.program],
    ['The PATH', spec.path],
    ['The path of the socket', spec.socket],
    ...spec.args.map((arg) => ['The option', arg] as const),
    ...Object.entries(spec.environment).map(([name, value]) => [`$${name}`, value] as const),
  ];
}
