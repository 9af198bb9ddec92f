import t from 'tap';
import { AppError, type Config } from '../../src/contract/index.ts';
import { reloadConfig } from '../../src/daemon/reload.ts';
import { defaultConfig, parseConfig } from '../../src/foundation/config/index.ts';

const loading = (source: string) => async () => parseConfig(source, '/daemon.toml');

t.test('live keys are applied in one step, the others wait for a restart and are named again', async (t) => {
  const load = loading('addr = "127.0.0.1:80"\nmax_parallel_runs = 9');
  const seen: Config[] = [];
  const order: string[] = [];
  const prepare = ['a', 'b'].map((name) => (next: Config) => {
    seen.push(next);
    order.push(`check ${name}`);
    return () => void order.push(`commit ${name}`);
  });

  const first = await reloadConfig({ current: defaultConfig(), load, prepare });
  t.same(first.result, { applied: ['max_parallel_runs'], needs_restart: ['addr'], unchanged: false });
  t.equal(first.config.max_parallel_runs, 9);
  t.equal(first.config.addr, '', 'still what the daemon listens on');
  t.same(order, ['check a', 'check b', 'commit a', 'commit b']);
  t.equal(seen[0]?.max_parallel_runs, 9);

  const second = await reloadConfig({ current: first.config, load, prepare: [] });
  t.same(second.result, { applied: [], needs_restart: ['addr'], unchanged: false });
});

t.test('the same file again changes nothing', async (t) => {
  const { result } = await reloadConfig({ current: defaultConfig(), load: loading(''), prepare: [] });

  t.same(result, { applied: [], needs_restart: [], unchanged: true });
});

t.test('a bad file, or a part that refuses it, changes nothing anywhere', async (t) => {
  let commits = 0;
  const counting = () => () => void commits++;
  const refusing = () => {
    throw new AppError('token_file_invalid', 'no');
  };
  const options = { current: defaultConfig(), prepare: [counting, refusing, counting] };

  await t.rejects(reloadConfig({ ...options, load: loading('nonsense = 1') }), { code: 'config_invalid' });
  await t.rejects(reloadConfig({ ...options, load: loading('') }), { code: 'token_file_invalid' });
  t.equal(commits, 0);
});
