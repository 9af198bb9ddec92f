import { readFileSync } from 'node:fs';
import t from 'tap';

type Locked = {
  readonly version?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const textOf = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const lock = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, Locked> };
const packages = Object.entries(lock.packages);

/** The entry that `name` resolves to from inside `from`, as Node would find it. */
function resolved(from: string, name: string): Locked | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const found = lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`];
    if (found !== undefined || folder === '') return found;
  }
}

t.test('it holds every package of every platform, without which npm ci refuses to install', async (t) => {
  const missing = packages.flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => resolved(path, name) === undefined)
      .map((name) => `${name}, needed by ${path}`),
  );

  t.same(missing, []);
});

t.test('it names each package by version and hash, and no registry', async (t) => {
  t.notMatch(textOf('package-lock.json'), /"resolved"|https?:\/\/[^"]*registry/);
  for (const [path, { version, integrity }] of packages.slice(1)) {
    if (typeof version !== 'string' || typeof integrity !== 'string') t.fail(path);
  }
});

t.test('the package pins exact versions', async (t) => {
  const { dependencies, devDependencies } = JSON.parse(textOf('package.json')) as Record<string, object>;

  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    t.match(version, /^\d+\.\d+\.\d+$/, name);
});
