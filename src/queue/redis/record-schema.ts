import { z } from 'zod';
import { isModel, MAX_GROUPS, MAX_RUN, readPayload } from '../jobs.ts';
import { PRIORITIES } from '../priority.ts';

/** The state of a video: while it is open, and how it ends. */
export const STATES = ['queued', 'running', 'done', 'partial', 'failed', 'skipped', 'cancelled'] as const;
/** One of {@link STATES}. */
export type VideoState = (typeof STATES)[number];
/** How a video ends. */
export type FinalState = Exclude<VideoState, 'queued' | 'running'>;

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

/** What Redis knows of a video. Times are milliseconds since 1970 on the clock of Redis. */
const schema = z.object({
  state: z.enum(STATES),
  /** Counts the runs of the video: what belongs to an earlier one is ignored. */
  run: whole(1, MAX_RUN),
  priority: z.enum(PRIORITIES).default('normal'),
  /** As in outputs; the ID where there is none. */
  name: z.string().max(8192).optional(),
  /** What was submitted, as JSON. The queue only carries it. */
  request: text,
  submitted: time.default(0),
  begun: time.exactOptional(),
  ended: time.exactOptional(),
  /** SHA-256 of the model, once the video is running. */
  model: z.string().refine(isModel, 'not a SHA-256').exactOptional(),
  /** Facts about the source as JSON, once it was opened. */
  media: text.exactOptional(),
  /** The decoder's report as JSON, once it is finished; with it comes the number of groups. */
  report: text.exactOptional(),
  groups: whole(0, MAX_GROUPS).exactOptional(),
  /** The run for which an assembler has begun to write tracks. */
  opened: whole(0, MAX_RUN).exactOptional(),
  /** Keyframes found so far, and the time of the last of them. */
  found: count.default(0),
  covered: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).exactOptional(),
  /** Keyframes that are done, failed ones included. */
  done: count.default(0),
  failed: count.default(0),
  /** Why the video makes no progress. */
  blockedReason: text.exactOptional(),
  /** The outcome as JSON, once the video is finished. */
  summary: text.exactOptional(),
});
const outlineSchema = schema.omit({ request: true });

type Fields<Schema extends z.ZodType> = Readonly<Omit<z.infer<Schema>, 'name'> & { id: string; name: string }>;
/** The record of a video. */
export type VideoRecord = Fields<typeof schema>;
/** A record without its request, which is long and which lists do not need. */
export type VideoOutline = Fields<typeof outlineSchema>;

/** The fields of a record that are read. */
export const RECORD_FIELDS: readonly string[] = Object.keys(schema.shape);
/** The fields of an outline. */
export const OUTLINE_FIELDS: readonly string[] = Object.keys(outlineSchema.shape);

function read<Schema extends typeof schema | typeof outlineSchema>(
  of: Schema,
  id: string,
  values: readonly (string | null)[],
): Fields<Schema> {
  const names = of === schema ? RECORD_FIELDS : OUTLINE_FIELDS;
  const fields: Record<string, string> = {};
  // A list has ten thousand records.
  for (let at = 0; at < names.length; at++) {
    const [name, value] = [names[at], values[at]];
    if (name !== undefined && typeof value === 'string') fields[name] = value;
  }
  const { name = id, ...record } = readPayload<z.infer<Schema>>(
    of as never,
    values.length === names.length ? fields : undefined,
    `the record of video ${id}`,
  );
  return { id, name, ...record } as Fields<Schema>;
}

/** The record that values of {@link RECORD_FIELDS} make. Throws `bad-payload`. */
export function readRecord(id: string, values: readonly (string | null)[]): VideoRecord {
  return read(schema, id, values);
}

/** The outline that values of {@link OUTLINE_FIELDS} make. Throws `bad-payload`. */
export function readOutline(id: string, values: readonly (string | null)[]): VideoOutline {
  return read(outlineSchema, id, values);
}
