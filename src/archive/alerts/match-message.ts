import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { formatLocal } from '../clock/time-zone.ts';
import type { Hit } from '../index/search-cues.ts';
import { pictureFile } from '../index/thumbnails.ts';

/** Cues in one message, which stands for all matches in a recording. */
const MOST_CUES = 20;

/** Refers to the picture of a match; the picture itself is read when the message is sent. */
const pictureSchema = z.strictObject({ recording: z.int(), keyframe: z.int() });

/** What a message is about. */
export interface Match {
  /** What the message's id is derived from, besides the words. */
  readonly source: string;
  readonly words: string;
  readonly camera: string;
  /** Path of the recording; null where there is none. */
  readonly file: string | null;
  /** Of the recording, milliseconds since 1970. */
  readonly start: number;
  readonly hits: readonly Hit[];
  /** Somebody tries whether messages arrive. */
  readonly test?: true;
}

/** The picture of the match that the model is surest of. */
function pictureRef(hits: readonly Hit[]): z.infer<typeof pictureSchema> | null {
  const [best] = hits.filter(({ picture }) => picture !== null).sort((a, b) => b.confidence - a.confidence);
  return best === undefined || best.picture === null ? null : { recording: best.recording, keyframe: best.picture };
}

/** The id of a message, by which a receiver recognises one that arrives twice. */
export function messageId(source: string, words: string): string {
  return createHash('sha256').update(`${source}\n${words}`).digest('hex').slice(0, 32);
}

/** A message for matches of one query, as JSON. `zone`: that of the recorders, as IANA names it. */
export function matchMessage({ source, words, camera, file, start, hits, test }: Match, zone: string): string {
  return JSON.stringify({
    event: 'match',
    ...(test === undefined ? {} : { test }),
    id: messageId(source, words),
    words,
    camera,
    file,
    start: new Date(start).toISOString(),
    local: formatLocal(hits[0]?.start ?? start, zone),
    matches: hits.length,
    cues: hits.slice(0, MOST_CUES).map(({ id, start: from, end, text, confidence }) => ({
      id,
      start: new Date(from).toISOString(),
      end: new Date(end).toISOString(),
      text,
      confidence,
    })),
    picture: pictureRef(hits),
  });
}

/** A message as it is sent: with its picture as a data URL, or null where there is none (any more). */
export async function withPicture(body: string, stateFile: string): Promise<string> {
  const message = JSON.parse(body) as Record<string, unknown>;
  // Matches in live streams bring theirs with them.
  if (typeof message.picture === 'string') return body;
  const found = pictureSchema.safeParse(message.picture);
  const jpeg = found.success
    ? await readFile(pictureFile(stateFile, found.data.recording, found.data.keyframe)).catch(() => undefined)
    : undefined;
  const picture = jpeg === undefined ? null : `data:image/jpeg;base64,${jpeg.toString('base64')}`;
  return JSON.stringify({ ...message, picture });
}
