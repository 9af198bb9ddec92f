/** Where temporary things lie on this machine, besides the places that are the same everywhere. */
export type PassingPlaces = {
  readonly tmp: string | undefined;
  readonly runtime: string | undefined;
};

const temporaryRoots = [
  '/tmp',
  '/var/tmp',
  '/private/tmp',
  '/var/folders',
  '/private/var/folders',
  '/dev/shm',
  '/run/user',
  '/proc',
];

/** Folders that a version manager or a package runner makes for one shell or one call. */
const perCall = ['fnm_multishells', '_npx', '.mount_'];

/** Why a path will not be there for long, in words that follow "is"; null for one that lasts. */
export function passingReason(path: string, places: PassingPlaces): string | null {
  const parts = path.split('/');
  if (parts.some((part) => perCall.some((name) => part.startsWith(name)) || /^dlx-/.test(part))) {
    return 'made for one shell or one call';
  }
  if (parts.includes('node_modules')) return 'below a node_modules folder';
  const roots = [...temporaryRoots, places.tmp, places.runtime].filter((root) => root?.startsWith('/'));
  const isTemporary = roots.some((root) => path === root || path.startsWith(`${root?.replace(/\/+$/, '')}/`));
  return isTemporary ? 'in a folder for temporary files' : null;
}

/** How to see the file system. */
export type RealPath = (path: string) => string | null;

/**
 * The name by which a file outlives an update of its package: Homebrew, snap and Nix put each version in a folder of its
 * own and keep a link to the current one. `names` are other paths it may be known by. The path itself where there is none.
 */
export function lastingName(path: string, names: readonly string[], realPath: RealPath): string {
  const cellar = /^(.*)\/Cellar\/([^/]+)\/[^/]+\/(.*)$/.exec(path);
  const snap = /^\/snap\/([^/]+)\/\d+\/(.*)$/.exec(path);
  const links = [
    ...(cellar === null ? [] : [`${cellar[1]}/opt/${cellar[2]}/${cellar[3]}`]),
    ...(snap === null ? [] : [`/snap/${snap[1]}/current/${snap[2]}`]),
    ...(path.startsWith('/nix/store/') ? names.filter((name) => !name.startsWith('/nix/store/')) : []),
  ];
  return links.find((link) => realPath(link) === path) ?? path;
}
