// Which module may import which. Data flows one way, and imports follow it:
// a module may import from those before it in LAYERS, never from one after it.
const LAYERS = [
  ['core'],
  ['config', 'storage'],
  ['ingest'],
  ['queue'],
  ['workers'],
  ['pipeline'],
  ['captioning'],
  ['steps', 'explain', 'archive'],
  ['live'],
  ['services'],
  ['web'],
  ['cli'],
];

/** Libraries that only some modules may import, so that another one could take their place there. */
const FENCES = {
  bullmq: ['queue'],
  ioredis: ['queue'],
  'fluent-ffmpeg': ['ingest', 'pipeline/media'],
  execa: ['core/process'],
  'ipaddr.js': ['ingest/access'],
  'https?-proxy-agent': ['ingest/access'],
  'onnxruntime-node': ['workers'],
  '@huggingface/tokenizers': ['workers'],
  // Videos are scaled by ffmpeg, before the pipe; sharp reads and writes still pictures.
  sharp: ['ingest/decode', 'explain', 'steps', 'archive/index', 'services', 'workers/server'],
  '@tus/.*': ['web/uploads'],
  undici: ['workers'],
  'proxy-from-env': ['workers', 'ingest/access'],
  '@huggingface/jinja': ['workers'],
  libsql: ['archive/index'],
  mqtt: ['archive/alerts'],
  express: ['services', 'web'],
  '@bull-board/.*': ['services'],
  helmet: ['services'],
  'rate-limiter-flexible': ['services'],
  'prom-client': ['services'],
  pino: ['services'],
  commander: ['cli'],
};

const inModules = (names) => `^src/(${names.join('|')})/`;

const layerRules = LAYERS.slice(0, -1).map((names, at) => ({
  name: `flow-${names.join('-')}`,
  comment: 'Data flows one way; imports follow it.',
  severity: 'error',
  from: { path: inModules(names) },
  to: { path: [inModules(LAYERS.slice(at + 1).flat()), '^src/index\\.ts$'] },
}));

const siblingRules = LAYERS.filter((names) => names.length > 1).flatMap((names) =>
  names.map((name) => ({
    name: `apart-${name}`,
    comment: 'Modules of one layer do not import each other.',
    severity: 'error',
    from: { path: inModules([name]) },
    to: { path: inModules(names.filter((other) => other !== name)) },
  })),
);

const fenceRules = Object.entries(FENCES).map(([library, modules]) => ({
  name: `only-${modules.join('-').replaceAll('/', '-')}-imports-${library.replace('/.*', '')}`,
  comment: `Only ${modules.map((name) => `src/${name}`).join(' and ')} may import ${library}.`,
  severity: 'error',
  from: { path: '^src/', pathNot: inModules(modules) },
  to: { path: `(^|/)node_modules/(@types/)?${library}(/|$)` },
}));

/** The page takes types from the API, and logic that starts no process and knows no files from these. */
const pageRules = [
  {
    name: 'page-imports',
    comment: 'The page may import src/web/api, src/pipeline/cues and src/core, and packages that run in browsers.',
    severity: 'error',
    from: { path: '^web/src/' },
    to: {
      path: '^(src/|node_modules/)|^node:',
      pathNot: [
        '^src/web/api/',
        '^src/pipeline/cues/',
        '^src/core/(types|time/intervals)\\.ts$',
        '^node_modules/(preact|@preact/signals|tus-js-client)/',
      ],
    },
  },
  {
    name: 'page-apart',
    comment: 'Nothing in src imports the page.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^web/' },
  },
];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...layerRules,
    ...siblingRules,
    ...fenceRules,
    ...pageRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js'] },
  },
};
