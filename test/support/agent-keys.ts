import type { PlistDict, PlistValue } from '../../src/service/launchd/plist.ts';

type Kind = 'string' | 'integer' | 'boolean' | 'strings' | 'dictionary of strings' | 'keep alive';

/** The keys of launchd.plist(5) that drover uses, and what each takes. Anything else is a mistake that launchd ignores. */
const kinds: Readonly<Record<string, Kind>> = {
  Label: 'string',
  ProgramArguments: 'strings',
  EnvironmentVariables: 'dictionary of strings',
  RunAtLoad: 'boolean',
  KeepAlive: 'keep alive',
  ThrottleInterval: 'integer',
  ExitTimeOut: 'integer',
  ProcessType: 'string',
  AbandonProcessGroup: 'boolean',
  StandardOutPath: 'string',
  StandardErrorPath: 'string',
  LimitLoadToSessionType: 'strings',
};
const optional = ['LimitLoadToSessionType'];
const keepAliveKeys = ['SuccessfulExit', 'Crashed', 'NetworkState'];
const processTypes = ['Background', 'Standard', 'Adaptive', 'Interactive'];

/** Throws for a key that is unknown, missing or of the wrong type. Duplicate keys do not get this far: the parser refuses. */
export function checkAgentKeys(plist: PlistDict): void {
  for (const [key, value] of plist) {
    const kind = kinds[key];
    if (kind === undefined) throw new Error(`launchd knows no key ${key}`);
    if (!isOfKind(value, kind)) throw new Error(`${key} is no ${kind}`);
  }
  for (const key of Object.keys(kinds)) {
    if (!plist.has(key) && !optional.includes(key)) throw new Error(`there is no ${key}`);
  }
  if (!processTypes.includes(String(plist.get('ProcessType')))) throw new Error('ProcessType is unknown');
}

function isOfKind(value: PlistValue, kind: Kind): boolean {
  const isStrings = (values: readonly PlistValue[]) => values.every((each) => typeof each === 'string');
  switch (kind) {
    case 'string':
      return typeof value === 'string' && value !== '';
    case 'integer':
      return Number.isInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'strings':
      return Array.isArray(value) && value.length > 0 && isStrings(value);
    case 'dictionary of strings':
      return value instanceof Map && isStrings([...value.values()]);
    case 'keep alive':
      return (
        value instanceof Map &&
        [...value].every(([key, each]) => keepAliveKeys.includes(key) && typeof each === 'boolean')
      );
  }
}
