import t from 'tap';
import {
  allowedNames,
  allowedPrefixes,
  refusedNames,
  refusedPrefixes,
} from '../../src/domain/agents/environment.ts';
import { proseOf } from '../support/house.ts';

/** The words in code that stand in one item of the page's list. */
function namesIn(start: string): string[] {
  const list = proseOf('docs/agents.md').split('## What they get of the environment')[1] ?? '';
  const item = list.split('\n- ').find((text) => text.startsWith(start)) ?? '';
  const named = item.split(/\n\n/)[0]?.matchAll(/`([A-Z][A-Z0-9_]*)`/g) ?? [];
  return [...named].map((match) => match[1] ?? '').sort();
}

t.test('the page names exactly what an agent gets of the environment', async (t) => {
  const isNamedOnce = (name: string) => !/_proxy$/.test(name); // the page says that they come in both cases

  t.strictSame(namesIn('By name'), allowedNames.filter(isNamedOnce).toSorted());
  t.strictSame(namesIn('By how they begin'), allowedPrefixes.toSorted());
  t.strictSame(namesIn('Never'), [...refusedNames, ...refusedPrefixes].sort());
});
