import { z } from 'zod';

/** Seconds, with three decimals at most: times in a track count from its zero. */
export const seconds = z.number().min(0).max(1e7);

/** In a request: what its answer says besides, taken and not used, so that what was read can be sent back. */
export function ignored<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional();
}

/** A point in time, ISO 8601 in UTC. */
export const timestamp = z.iso.datetime();

/** The ID of a video. */
export const videoId = z.string().regex(/^v[0-9a-f]{24}$/, 'is not the ID of a video');

/** The ID of a job. */
export const jobId = z.string().regex(/^j[0-9a-f]{24}$/, 'is not the ID of a job');

/** An error, as RFC 9457 has it. `code` is the code of the error catalogue, which docs/errors.md explains. */
export const problem = z.object({
  /** `urn:secondglance:error:CODE` */
  type: z.string(),
  /** What the catalogue says of the code. */
  title: z.string(),
  status: z.int(),
  /** What happened here, in one sentence. */
  detail: z.string(),
  code: z.string(),
  /** Whether the same request may succeed later. */
  retryable: z.boolean(),
  /** What to do about it. */
  remedy: z.string(),
  /** Where a request does not match its schema: the place and what is wrong there. */
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});
/** An error, as RFC 9457 has it. */
export type Problem = z.infer<typeof problem>;

/** The cursor of a list: where its next page begins. */
export const cursor = z.string().min(1).max(512);

/** A number in a query. */
export function numberInQuery(least: number, most: number) {
  return z.coerce.number().min(least).max(most);
}

/** A whole number in a query. */
export function wholeInQuery(least: number, most: number) {
  return z.coerce.number().int().min(least).max(most);
}

/** A flag in a query: `true`, `1` or `false`, `0`. */
export const flagInQuery = z.enum(['true', '1', 'false', '0']).transform((text) => text === 'true' || text === '1');
