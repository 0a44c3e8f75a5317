import path from 'node:path';
import { z } from 'zod';
import { isAllowedUrlEntry } from './allow-rules.ts';
import type { SettingName } from './setting-definitions.ts';

/** Where frames wait for a worker: in Redis, or in a folder that every machine mounts at the same path. */
export type FramePlace = 'redis' | `folder:${string}`;

/** Address of a service's HTTP server. */
export interface HttpPlace {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** Execution providers of the model. */
export const DEVICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;
/** Lengths of captions. */
export const DETAILS = ['brief', 'detailed'] as const;
/** One of {@link DETAILS}. */
export type Detail = (typeof DETAILS)[number];
/** Log levels, the most detailed first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

const LOOPBACK = '127.0.0.1';

function whole(least: number, most: number) {
  const advice = `give a whole number from ${least} to ${most}`;
  return z.preprocess(
    (raw) => (typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw),
    z.int(advice).min(least, advice).max(most, advice),
  );
}

/** A string with separators, or an array. */
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

/** An address that begins with one of these protocols. */
function address(...protocols: readonly string[]) {
  const fits = (text: string): boolean => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1));
  return z.string().refine(fits, `not a URL that begins with ${protocols.map((name) => `${name}://`).join(' or ')}`);
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

/** The schema of every setting. Values from the command line and the environment are strings. */
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
  baseUrl: z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'give an http(s) address')
    .refine((text) => {
      const { username, password } = new URL(text);
      return username === '' && password === '';
    }, 'leave user and password out; SECONDGLANCE_API_KEY takes the key')
    .optional(),
  prompt: z.string().min(1, 'give a text').optional(),
  promptFile: z.string().min(1, 'give a file').optional(),
  detail: z.enum(DETAILS, `use ${DETAILS.join(', ')}`),
  pictureSize: whole(64, 4096),
  pictureQuality: whole(1, 100),
  serverConcurrency: whole(1, 256),
  serverRate: whole(1, 100_000).optional(),
  serverTimeout: whole(1, 86_400),
  http,
  logLevel: z.enum(LOG_LEVELS, `use ${LOG_LEVELS.join(', ')}`),
  boardPassword: z.string().min(8, 'give at least 8 characters').optional(),
  servePassword: z.string().min(8, 'give at least 8 characters').optional(),
  webhook: address('http', 'https').optional(),
  mqtt: address('mqtt', 'mqtts').optional(),
  mqttDiscovery: z.string().regex(/^[^\s+#/]+(?:\/[^\s+#/]+)*$/, 'give a topic without spaces and wildcards, or none'),
  stateDir: z.string().transform((folder) => path.resolve(folder)),
} satisfies Record<SettingName, z.ZodType>;

/** The validated settings; `allowPaths` and `stateDir` are absolute. SETTING_DEFINITIONS says what each one means. */
export type Settings = Readonly<z.output<z.ZodObject<typeof settingsShape>>>;
