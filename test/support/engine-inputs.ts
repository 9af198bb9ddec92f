/** What the tests of input share: the rows of lines, a crash between their marks, and what the fake agent heard. */
import { type InputRow, setInputState } from '../../src/foundation/store/index.ts';
import type { Engine, World } from './engine.ts';

/** The row of a line. */
export const inputOf = (engine: Engine, key: string) =>
  engine.store.read((sql) => sql.get('SELECT * FROM inputs WHERE input_key = ?', key)) as unknown as
    | { key: number; state: InputRow['state']; replay: InputRow['replay'] }
    | undefined;

/** As a daemon that died between a line's two marks leaves it. */
export async function crashWhileSending(world: World, engine: Engine, key: string): Promise<Engine> {
  await engine.close();
  const next = world.engine();
  const input = inputOf(next, key);
  await next.store.write((tx) => setInputState(tx, input?.key ?? 0, 'sending'));
  return next;
}

/** The methods of what the agents heard; `answer` for a response. */
export const heardMethods = async (world: World) =>
  (await world.heard()).filter((line) => line !== '').map((line) => JSON.parse(line).method ?? 'answer');
