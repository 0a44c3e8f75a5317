import { z } from 'zod';
import { QueueError } from './errors.ts';

/** A run of a video, as it stands in the jobs of `videos-*` and `tracks`. All else is in the video's record. */
export const runPayload = z.strictObject({
  video: z.string().regex(/^v[0-9a-f]{24}$/),
  run: z.int().min(1),
});
/** Which run of which video. */
export type RunPayload = z.infer<typeof runPayload>;

/** A group of a run, as it stands in the jobs of `groups`: its frames are in the frame store. */
export const groupPayload = z.strictObject({
  ...runPayload.shape,
  group: z.int().min(0),
  /** SHA-256 of the bundle that has to caption it. */
  model: z.string().regex(/^[0-9a-f]{64}$/),
  passes: z.union([z.literal(1), z.literal(2)]),
});
/** A group, where it is, and what is to be done with it. */
export type GroupPayload = z.infer<typeof groupPayload>;
/** Which group of which run. */
export interface GroupPlace extends RunPayload {
  readonly group: number;
}

/** A caption as a worker's result has it. */
const captionSchema = z.strictObject({
  video: z.string(),
  index: z.int().min(0),
  pts: z.int(),
  still: z.boolean(),
  draft: z.string(),
  text: z.string(),
  confidence: z.number().min(0).max(1),
  passes: z.union([z.literal(1), z.literal(2)]),
  error: z.strictObject({ code: z.string(), message: z.string() }).exactOptional(),
});

/** What a worker made of a group. */
export const resultSchema = z.strictObject({
  captions: z.array(captionSchema).min(1).max(64),
  /** What ran the model, such as `onnxruntime-node 1.30.0 cpu`. */
  runtime: z.string(),
  /** The machine, for a person who reads it. */
  host: z.string(),
});
/** One of {@link resultSchema}. */
export type GroupOutcome = z.infer<typeof resultSchema>;

/** Checks what came out of the queue. Throws `bad-payload`, which says what is wrong and that nothing was done. */
export function readPayload<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` (at ${issue.path.join('.')})`;
  throw new QueueError(
    'bad-payload',
    `${what} is not what this version of secondglance writes${where}: ${issue?.message ?? 'unreadable'}; it is refused`,
    { cause: read.error },
  );
}

/** The value of a text of JSON, checked. Throws `bad-payload`. */
export function readJson<T>(schema: z.ZodType<T>, text: string, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new QueueError('bad-payload', `${what} is no JSON; it is refused`, { cause });
  }
  return readPayload(schema, value, what);
}
