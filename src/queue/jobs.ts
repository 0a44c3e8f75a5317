import { z } from 'zod';
import { QueueError } from './errors.ts';
import type { Priority } from './priority.ts';

const VIDEO_ID = /^v[0-9a-f]{24}$/;
/** Runs of one video. */
export const MAX_RUN = 2 ** 31 - 1;
/** Groups of one video: more than a day with sixty keyframes a second. */
export const MAX_GROUPS = 1_000_000;

/** True for the ID of a video as submissions make it. Whatever else Redis holds becomes no key and no path. */
export function isVideoId(text: string): boolean {
  return VIDEO_ID.test(text);
}

const MODEL = /^[0-9a-f]{64}$/;

/** True for the SHA-256 of a model. */
export function isModel(text: string): boolean {
  return MODEL.test(text);
}

const runPayload = z.strictObject({ video: z.string().regex(VIDEO_ID), run: z.int().min(1).max(MAX_RUN) });
/** One run of a video. Everything else is in the video's record. */
export type RunPayload = z.infer<typeof runPayload>;

const groupPayload = z.strictObject({
  ...runPayload.shape,
  group: z.int().min(0).max(MAX_GROUPS),
  /** SHA-256 of the bundle that captions it. */
  model: z.string().regex(MODEL),
  passes: z.union([z.literal(1), z.literal(2)]),
});
/** One group of a run; its frames are in the frame store. */
export type GroupPayload = z.infer<typeof groupPayload>;

/** Identifies a group of a run. */
export interface GroupKey extends RunPayload {
  readonly group: number;
}

/** What the jobs of each kind carry. A kind that is added here does not compile until it has a schema and a handler. */
export interface JobPayloads {
  /** Decode a video. */
  readonly video: RunPayload;
  /** Caption a group. */
  readonly group: GroupPayload;
  /** Write a video's tracks. */
  readonly tracks: RunPayload;
}
/** A kind of job. */
export type JobKind = keyof JobPayloads;

const SCHEMAS: { readonly [Kind in JobKind]: z.ZodType<JobPayloads[Kind]> } = {
  video: runPayload,
  group: groupPayload,
  tracks: runPayload,
};

/** Checks a job's payload. Throws `bad-payload` where this version did not write it. */
export function readJob<Kind extends JobKind>(kind: Kind, data: unknown): JobPayloads[Kind] {
  return readPayload(SCHEMAS[kind], data, `the payload of a ${kind} job`);
}

/** The queue of tracks to write, which assemblers serve. */
export const TRACKS_QUEUE = 'tracks';

/**
 * The queue of videos to decode, which ingest services serve. There is one for each priority, because decoding a video takes as long as
 * captioning it: each ingest service keeps slots for high priorities.
 */
export function videosQueue(priority: Priority): string {
  return `videos-${priority}`;
}

/** The part of a model's SHA-256 that names its queue. */
export function modelPrefix(sha256: string): string {
  return sha256.slice(0, 12);
}

/** The queue of groups for a model. Each model has its own, so that a worker is only given what it can caption. */
export function groupsQueue(model: string): string {
  return `groups-${modelPrefix(model)}`;
}

/** ID of a run's jobs. BullMQ accepts neither ':' nor an integer. */
export function runJobId({ video, run }: RunPayload): string {
  return `${video}-${run}`;
}

/** ID of a group's job. */
export function groupJobId({ video, run, group }: GroupKey): string {
  return `${video}-${run}-${group}`;
}

/** Checks a value that came out of Redis. Throws `bad-payload`. */
export function readPayload<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` (at ${issue.path.join('.')})`;
  throw new QueueError(
    'bad-payload',
    `${what} was not written by this version of secondglance${where}: ${issue?.message ?? 'unreadable'}`,
    { cause: read.error },
  );
}

/** The checked value of a JSON text. Throws `bad-payload`. */
export function readJson<T>(schema: z.ZodType<T>, text: string, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new QueueError('bad-payload', `${what} is not JSON`, { cause });
  }
  return readPayload(schema, value, what);
}
