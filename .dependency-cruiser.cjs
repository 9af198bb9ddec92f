// Imports point down the list of rooms only (ARCHITECTURE.md, "The house"); a room is entered by its index.ts.
const rooms = [
  'main.ts',
  'cli',
  'doctor',
  'service',
  'client',
  'daemon',
  'http',
  'domain',
  'foundation',
  'base',
  'contract',
];
const path = (room) => (room === 'main.ts' ? '^src/main\\.ts$' : `^src/${room}/`);

/** A room may not import a room above it. */
const downwards = rooms.slice(1).map((room, index) => ({
  name: `${room}-imports-down`,
  comment: `src/${room} must not import a room above it`,
  severity: 'error',
  from: { path: path(room) },
  to: { path: rooms.slice(0, index + 1).map(path) },
}));

/** One door per danger: the only folder that may touch it. */
const door = (name, module, allowed) => ({
  name,
  comment: `only ${allowed.join(', ')} may import ${module}`,
  severity: 'error',
  from: { path: '^src/', pathNot: allowed },
  to: { path: module },
});

module.exports = {
  forbidden: [
    ...downwards,
    {
      name: 'rooms-by-index',
      comment: 'a room is entered only by its index.ts',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: '^src/(service|client|daemon|http|contract|base)/',
        pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'subrooms-by-index',
      comment: 'a room of domain/ or foundation/ is entered only by its index.ts',
      severity: 'error',
      from: { path: '^src/(?:(domain|foundation)/([^/]+)|[^/]+)' },
      to: {
        path: '^src/(domain|foundation)/[^/]+/',
        pathNot: ['^src/$1/$2/', '^src/(domain|foundation)/[^/]+/index\\.ts$'],
      },
    },
    { name: 'no-cycles', comment: 'no import cycles', severity: 'error', from: {}, to: { circular: true } },
    door('sqlite-door', '^(node:)?sqlite$', ['^src/foundation/store/', '^src/daemon/instance-lock\\.ts$']),
    door('process-door', '^(node:)?child_process$', ['^src/base/spawn\\.ts$']),
    {
      name: 'plan-machine-is-pure',
      comment: 'what a plan does next follows from its state and the event alone',
      severity: 'error',
      from: { path: '^src/domain/plans/(machine|text)/' },
      to: { path: '^(src|node:)', pathNot: ['^src/domain/plans/(machine|text)/', '^src/(contract|base)/'] },
    },
    {
      name: 'cli-needs-no-daemon',
      comment: 'a command is thin over the typed client; only start --foreground loads the daemon',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/(http|domain|foundation)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
};
