import { z } from 'zod';
import type { TrackWriter } from '../../pipeline/formats/track-writer.ts';
import type { IndexWriter } from '../index/index-cues.ts';

/** What is read from the JSON track that the services write. Times are seconds. */
const trackSchema = z.object({
  source: z.object({
    start: z.number(),
    duration: z.number(),
    damage: z.object({ code: z.string(), message: z.string() }).optional(),
  }),
  keyframes: z.array(
    z.object({
      index: z.int(),
      pts: z.number(),
      still: z.boolean(),
      draft: z.string(),
      text: z.string(),
      confidence: z.number(),
      passes: z.union([z.literal(1), z.literal(2)]),
      error: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
  events: z
    .array(
      z.object({
        ...{ start: z.number(), end: z.number(), text: z.string(), confidence: z.number() },
        ...{ support: z.int(), frames: z.int(), first: z.int(), last: z.int() },
      }),
    )
    .optional(),
  cues: z.array(z.object({ start: z.number(), end: z.number(), text: z.string(), from: z.array(z.int()) })),
  texts: z
    .array(
      z.object({
        ...{ start: z.number(), end: z.number(), text: z.string(), kind: z.enum(['text', 'clock']) },
        ...{ confidence: z.number(), from: z.tuple([z.int(), z.int()]) },
        box: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
      }),
    )
    .default([]),
});

/** A track that services wrote. Times are seconds. */
export type ServiceTrack = z.infer<typeof trackSchema>;

/** Parses the JSON track of a service. Throws where it is none. */
export function parseServiceTrack(text: string): ServiceTrack {
  return trackSchema.parse(JSON.parse(text));
}

/** Seconds to microseconds. */
export function micros(seconds: number): number {
  return Math.round(seconds * 1e6);
}

/** Feeds the events of a finished track to a writer. */
export async function replayEvents({ source, events = [] }: ServiceTrack, writer: TrackWriter): Promise<void> {
  for (const [index, { start, end, ...rest }] of events.entries()) {
    await writer.event?.({ index, start: micros(start), end: micros(end), ...rest });
  }
  await writer.finish({ end: micros(source.start) + micros(source.duration) });
}

/** Feeds a finished track to a writer in the order of a live run: each cue after the captions that it comes from. */
export async function replayTrack(
  { source, keyframes, cues, texts, events = [] }: ServiceTrack,
  writer: IndexWriter,
): Promise<void> {
  const zero = micros(source.start);
  let next = 0;
  const captionsUpTo = async (end: number): Promise<void> => {
    for (const { pts, error, ...rest } of keyframes.slice(next, end)) {
      await writer.caption({ ...rest, video: '', pts: micros(pts), ...(error === undefined ? {} : { error }) });
    }
    next = Math.max(next, end);
  };
  for (const { start, end, text, from } of cues) {
    await captionsUpTo((from.at(-1) ?? 0) + 1);
    await writer.cue({ start: micros(start), end: micros(end), text, from });
  }
  await captionsUpTo(keyframes.length);
  for (const { start, end, box, ...piece } of texts) {
    await writer.text({ ...piece, ...box, start: micros(start), end: micros(end) });
  }
  for (const [index, { start, end, ...rest }] of events.entries()) {
    await writer.event({ index, start: micros(start), end: micros(end), ...rest });
  }
  const { damage } = source;
  await writer.finish({ end: zero + micros(source.duration), ...(damage === undefined ? {} : { damage }) });
}
