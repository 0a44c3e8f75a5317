import path from 'node:path';
import { z } from 'zod';
import { isAllowedUrlEntry } from '../ingest/access/allow-rules.ts';

/** Where frames wait for a worker: in Redis, or in a folder that every machine mounts at the same path. */
export type FramePlace = 'redis' | `folder:${string}`;

/** Where a service answers HTTP. */
export interface HttpPlace {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** What runs the model. */
export const DEVICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;
/** How much is logged: the level and all that is graver. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

const LOOPBACK = '127.0.0.1';

function whole(least: number, most: number) {
  const advice = `give a whole number from ${least} to ${most}`;
  return z.preprocess(
    (raw) => (typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw),
    z.int(advice).min(least, advice).max(most, advice),
  );
}

/** A text with separators, or an array. */
function list(separator: string, entry: z.ZodType<string>, advice: string) {
  return z.preprocess(
    (raw) => (typeof raw === 'string' ? raw.split(separator).filter((part) => part !== '') : raw),
    z.array(entry, advice).readonly(),
  );
}

function isRedisUrl(text: string): boolean {
  try {
    return /^rediss?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}

function readHttp(raw: unknown): HttpPlace | undefined {
  const [, host = LOOPBACK, port] = /^(?:(\[[\da-f:.]+\]|[\w.-]+):)?(\d{1,5})$/i.exec(String(raw)) ?? [];
  const number = Number(port);
  return port === undefined || number > 65_535 ? undefined : { host: host.replace(/^\[|\]$/g, ''), port: number };
}

const http = z.unknown().transform((raw, context): HttpPlace | undefined => {
  if (raw === undefined) return undefined;
  const place = readHttp(raw);
  if (place === undefined) context.addIssue('give a port, or host:port as in 0.0.0.0:9464');
  return place;
});

const framePlace = z.custom<FramePlace>(
  (raw) => raw === 'redis' || (typeof raw === 'string' && raw.startsWith('folder:') && path.isAbsolute(raw.slice(7))),
  'write redis, or folder: and an absolute path',
);

/** Every setting, as it stands in `secondglance.config.*`. From the command line and the environment they come as texts. */
export const settingsShape = {
  redisUrl: z.string().refine(isRedisUrl, 'write redis://[user:password@]host:port/db, or rediss:// for TLS'),
  redisPrefix: z.string().regex(/^[\w.:{}-]{1,64}$/, 'give up to 64 letters, digits and . : _ - { }'),
  allowPaths: list(':', z.string().min(1), 'give folders, with colons between'),
  allowUrls: list(
    ',',
    z.string().refine(isAllowedUrlEntry, 'give hosts, *.hosts or beginnings of http(s) addresses, with commas between'),
    'give a list',
  ),
  frameStore: framePlace,
  inFlight: whole(1, 100_000),
  inFlightPerVideo: whole(1, 10_000),
  workerConcurrency: whole(1, 1000).optional(),
  device: z.enum(DEVICES, `use ${DEVICES.join(', ')}`),
  http,
  logLevel: z.enum(LOG_LEVELS, `use ${LOG_LEVELS.join(', ')}`),
  boardPassword: z.string().min(8, 'give at least 8 characters').optional(),
} satisfies Record<string, z.ZodType>;

/** The name of a setting, as it stands in `secondglance.config.*`. */
export type SettingName = keyof typeof settingsShape;

/**
 * What services and their commands need to know, checked.
 * - `redisUrl`, `redisPrefix`: the site. `frameStore`: where frames wait.
 * - `allowPaths`: absolute folders that services may read and write; empty: none. `allowUrls`: see `guard-urls.ts`.
 * - `inFlight`, `inFlightPerVideo`: groups of frames kept at once.
 * - `workerConcurrency`: inference processes of a worker; undefined: as many as pay off.
 * - `http`: where a service answers; undefined: nowhere.
 */
export type Settings = Readonly<z.output<z.ZodObject<typeof settingsShape>>>;

/** What holds where nobody says anything. */
export const DEFAULTS: Readonly<Partial<Record<SettingName, unknown>>> = {
  redisUrl: 'redis://127.0.0.1:6379',
  redisPrefix: 'secondglance',
  allowPaths: [],
  allowUrls: [],
  frameStore: 'redis',
  inFlight: 64,
  inFlightPerVideo: 8,
  device: 'auto',
  logLevel: 'info',
};

/** All of them, in the order in which they are shown. */
export const SETTING_NAMES = Object.keys(settingsShape) as readonly SettingName[];

/** `inFlight` -> `IN_FLIGHT`, with `SECONDGLANCE_` before it. */
export function variableOf(name: SettingName): string {
  return `SECONDGLANCE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** `inFlight` -> `--in-flight`. A setting without such an option is never given by one. */
export function flagOf(name: SettingName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
