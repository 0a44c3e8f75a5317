import { z } from 'zod';
import type { Micros } from '../../core/types.ts';
import { MAX_GROUPS, MAX_RUN, readPayload } from '../jobs.ts';
import { PRIORITIES, type Priority } from '../priority.ts';

/** How a video ends. */
export type FinalState = 'done' | 'partial' | 'failed' | 'skipped' | 'cancelled';
/** The state of a video. */
export type VideoState = 'queued' | 'running' | FinalState;

/** All states. */
export const STATES = ['queued', 'running', 'done', 'partial', 'failed', 'skipped', 'cancelled'] as const;

/** What Redis knows of a video. Times are milliseconds since 1970 on the clock of Redis. */
export interface VideoRecord {
  readonly id: string;
  readonly state: VideoState;
  /** Counts the runs of the video: what belongs to an earlier one is ignored. */
  readonly run: number;
  readonly priority: Priority;
  /** As in outputs. */
  readonly name: string;
  /** What was submitted, as JSON. The queue only carries it. */
  readonly request: string;
  readonly submitted: number;
  readonly begun?: number;
  readonly ended?: number;
  /** SHA-256 of the model, once the video is running. */
  readonly model?: string;
  /** Facts about the source as JSON, once it was opened. */
  readonly media?: string;
  /** The decoder's report as JSON, once it is finished; with it comes the number of groups. */
  readonly report?: string;
  readonly groups?: number;
  /** The run for which an assembler has begun to write tracks. */
  readonly opened?: number;
  /** Keyframes found so far, and the time of the last of them. */
  readonly found: number;
  readonly covered?: Micros;
  /** Keyframes that are done, failed ones included. */
  readonly done: number;
  readonly failed: number;
  /** Why the video makes no progress. */
  readonly blockedReason?: string;
  /** The outcome as JSON, once the video is finished. */
  readonly summary?: string;
}

/** A record without its request, which is long and which lists do not need. */
export type VideoOutline = Omit<VideoRecord, 'request'>;

/** Bytes of a record. The longest request has sixteen outputs with long paths. */
export const MAX_RECORD_BYTES = 2 ** 20;
/** 9999-12-31 */
const MAX_TIME = 253_402_300_799_999;

function whole(least: number, most: number) {
  return z
    .string()
    .regex(/^-?\d{1,16}$/, 'not a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most));
}

const time = whole(0, MAX_TIME);
const count = whole(0, Number.MAX_SAFE_INTEGER);
const text = z.string().max(MAX_RECORD_BYTES);

const schema = z.object({
  state: z.enum(STATES),
  run: whole(1, MAX_RUN),
  priority: z.enum(PRIORITIES).default('normal'),
  name: z.string().max(8192).optional(),
  request: text,
  submitted: time.default(0),
  begun: time.exactOptional(),
  ended: time.exactOptional(),
  model: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
  media: text.exactOptional(),
  report: text.exactOptional(),
  groups: whole(0, MAX_GROUPS).exactOptional(),
  opened: whole(0, MAX_RUN).exactOptional(),
  found: count.default(0),
  covered: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).exactOptional(),
  done: count.default(0),
  failed: count.default(0),
  blockedReason: text.exactOptional(),
  summary: text.exactOptional(),
});

/** The fields of a record that are read. */
export const RECORD_FIELDS: readonly string[] = Object.keys(schema.shape);
/** The fields of an outline. */
export const OUTLINE_FIELDS: readonly string[] = RECORD_FIELDS.filter((field) => field !== 'request');

const outlineSchema = schema.omit({ request: true });

function fieldsOf(names: readonly string[], values: readonly (string | null)[]): Record<string, string> | undefined {
  if (values.length !== names.length) return undefined;
  return Object.fromEntries(
    names.flatMap((name, at) => {
      const value = values[at];
      return value === null || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** The record that values of {@link RECORD_FIELDS} make. Throws `bad-payload`. */
export function readRecord(id: string, values: readonly (string | null)[]): VideoRecord {
  const { name = id, ...record } = readPayload(schema, fieldsOf(RECORD_FIELDS, values), `the record of video ${id}`);
  return { id, name, ...record };
}

/** The outline that values of {@link OUTLINE_FIELDS} make. Throws `bad-payload`. */
export function readOutline(id: string, values: readonly (string | null)[]): VideoOutline {
  const fields = fieldsOf(OUTLINE_FIELDS, values);
  const { name = id, ...outline } = readPayload(outlineSchema, fields, `the record of video ${id}`);
  return { id, name, ...outline };
}
