/** How a setting is given and what it means. Its flag, its variable and its key in a file follow from its name. */
export interface SettingDefinition {
  /** The value, as the help of commands shows it. */
  readonly value: string;
  readonly help: string;
  /** Holds where nothing gives the setting. */
  readonly byDefault?: unknown;
  /** True: `secondglance.config.*` may not give it, because it belongs to the user or the machine, not to a folder. */
  readonly environmentOnly?: boolean;
}

/** Every setting, in the order in which `config` prints them. */
export const SETTING_DEFINITIONS = {
  redisUrl: {
    value: '<url>',
    help: 'address of Redis; SECONDGLANCE_REDIS_URL keeps a password out of the process list',
    byDefault: 'redis://127.0.0.1:6379',
  },
  redisPrefix: { value: '<name>', help: 'prefix of all keys in Redis', byDefault: 'secondglance' },
  allowPaths: {
    value: '<paths>',
    help: 'folders that services may read and write, separated by colons (default: none)',
    byDefault: [],
  },
  allowUrls: {
    value: '<list>',
    help: 'hosts, *.hosts or URL prefixes that services may read, separated by commas (default: none)',
    byDefault: [],
  },
  frameStore: {
    value: '<place>',
    help: 'where frames wait for a worker: redis, or folder:/PATH that all machines share',
    byDefault: 'redis',
  },
  inFlight: { value: '<n>', help: 'limit of groups of frames in flight, per model', byDefault: 64 },
  inFlightPerVideo: { value: '<n>', help: 'limit of groups of frames in flight, per video', byDefault: 8 },
  workerConcurrency: { value: '<n>', help: 'inference processes of a worker (default: by the number of cores)' },
  device: { value: '<name>', help: 'execution provider: auto, cpu, cuda, webgpu', byDefault: 'auto' },
  baseUrl: {
    value: '<url>',
    help: 'address of an OpenAI-compatible server, for --model openai:NAME; its key comes from SECONDGLANCE_API_KEY only',
  },
  prompt: {
    value: '<text>',
    help: 'own prompt for a model server, with {camera}, {video}, {time}, {previous} (default: asks for one sentence)',
  },
  promptFile: { value: '<file>', help: 'file with the prompt' },
  detail: { value: '<length>', help: 'length of captions: brief, detailed', byDefault: 'brief' },
  pictureSize: { value: '<pixels>', help: 'longer side of a picture for a model server', byDefault: 768 },
  pictureQuality: { value: '<1..100>', help: 'JPEG quality of pictures for a model server', byDefault: 85 },
  serverConcurrency: { value: '<n>', help: 'requests at once to a model server', byDefault: 2 },
  serverRate: { value: '<n>', help: 'limit of requests a minute to a model server (default: none)' },
  serverTimeout: { value: '<seconds>', help: 'time limit of a request to a model server', byDefault: 300 },
  http: {
    value: '<[host:]port>',
    help: 'serve /healthz, /readyz and /metrics here (default: off; default host: 127.0.0.1)',
  },
  logLevel: {
    value: '<level>',
    help: 'lowest level that is logged: debug, info, warn, error, silent',
    byDefault: 'info',
  },
  boardPassword: { value: '<text>', help: 'password of the board' },
  servePassword: { value: '<text>', help: 'password of the page, or its hash as serve --hash-password prints it' },
  webhook: { value: '<url>', help: 'send notifications here: POST with JSON' },
  mqtt: { value: '<url>', help: 'send notifications here: mqtt://HOST/TOPIC' },
  mqttDiscovery: {
    value: '<prefix>',
    help: 'topic prefix under which live announces its cameras to Home Assistant; none: it announces nothing',
    byDefault: 'homeassistant',
  },
  stateDir: {
    value: '<folder>',
    help: 'journals of unfinished runs, what is known of outputs, and databases (default: by the system)',
    environmentOnly: true,
  },
} as const satisfies Record<string, SettingDefinition>;

/** The name of a setting: its key in `secondglance.config.*`. */
export type SettingName = keyof typeof SETTING_DEFINITIONS;

/** All names, in the order in which `config` prints them. */
export const SETTING_NAMES = Object.keys(SETTING_DEFINITIONS) as readonly SettingName[];

/** The default of a setting; undefined where it has none. */
export function defaultOf(name: SettingName): unknown {
  const definition: SettingDefinition = SETTING_DEFINITIONS[name];
  return definition.byDefault;
}

/** True where only the environment may give the setting. */
export function isEnvironmentOnly(name: SettingName): boolean {
  const definition: SettingDefinition = SETTING_DEFINITIONS[name];
  return definition.environmentOnly ?? false;
}

/** `inFlight` -> `SECONDGLANCE_IN_FLIGHT` */
export function variableOf(name: SettingName): string {
  return `SECONDGLANCE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** `inFlight` -> `--in-flight` */
export function flagOf(name: SettingName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
