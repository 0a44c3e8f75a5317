import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { sentenceOf } from '../../core/errors.ts';
import { closingTime, type TimeWindow } from '../clock/time-window.ts';
import { formatLocal } from '../clock/time-zone.ts';
import type { Database } from '../index/database.ts';
import { cuesOfRecording, type Hit } from '../index/search-cues.ts';
import { pictureFile } from '../index/thumbnails.ts';
import type { Recording } from '../recordings/recordings.ts';

/** A way to send notifications. */
export interface NotificationTransport {
  readonly name: 'webhook' | 'mqtt';
  /** Delivers one message (JSON). Throws where it was not accepted. */
  deliver(body: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Retries come after 5 s, 10 s, 20 s and so on, finally every hour; a message expires after a week. */
const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 3_600_000;
const EXPIRY_MS = 7 * 86_400_000;
const MOST_AT_ONCE = 500;
/** Cues in one message, which stands for all matches in a recording. */
const MOST_CUES = 20;

/** What users are notified of. */
export interface Alerts {
  /** As `search` takes them. */
  readonly queries: readonly string[];
  /** Match the words as they are, without other words for the same kinds. */
  readonly exact: boolean;
  /** Captions of a lower confidence do not count. */
  readonly minConfidence: number;
  /** Zone of the recorders, as IANA names it. */
  readonly zone: string;
  /** Only what was seen at this time of day, in `zone`, counts. */
  readonly window?: TimeWindow;
}

/** Refers to the picture of a match; the picture itself is read when the message is sent. */
const pictureSchema = z.strictObject({ recording: z.int(), keyframe: z.int() });

/** The picture of the match that the model is surest of. */
function pictureRef(hits: readonly Hit[]): z.infer<typeof pictureSchema> | null {
  const [best] = hits.filter(({ picture }) => picture !== null).sort((a, b) => b.confidence - a.confidence);
  return best === undefined || best.picture === null ? null : { recording: best.recording, keyframe: best.picture };
}

/**
 * Adds a message to the outbox for each query that cues of a recording match while something moves. Call it in the transaction that
 * publishes the cues, so that messages are as durable as they are. A message's `id` is derived from recording and query, so that a
 * receiver can recognise a message that arrives twice.
 */
export function enqueueMatches(
  db: Database,
  recording: Recording,
  { queries, exact, minConfidence, zone, window }: Alerts,
  transports: readonly NotificationTransport[],
): void {
  for (const words of queries) {
    const hits = cuesOfRecording(db, recording.id, words, { exact }).filter(
      ({ moving, confidence, start }) =>
        moving &&
        confidence >= minConfidence &&
        (window === undefined || closingTime(window, start, zone) !== undefined),
    );
    if (hits.length === 0) continue;
    const body = JSON.stringify({
      event: 'match',
      id: createHash('sha256').update(`${recording.content}\n${words}`).digest('hex').slice(0, 32),
      words,
      camera: recording.camera,
      file: recording.path,
      start: new Date(recording.start).toISOString(),
      local: formatLocal(hits[0]?.start ?? recording.start, zone),
      matches: hits.length,
      cues: hits.slice(0, MOST_CUES).map(({ id, start, end, text, confidence }) => ({
        id,
        start: new Date(start).toISOString(),
        end: new Date(end).toISOString(),
        text,
        confidence,
      })),
      picture: pictureRef(hits),
    });
    enqueueMessage(db, body, transports, Date.now());
  }
}

/** Adds a message to the outbox, once for each transport. */
export function enqueueMessage(
  db: Database,
  body: string,
  transports: readonly Pick<NotificationTransport, 'name'>[],
  now: number,
): void {
  for (const { name } of transports) {
    db.prepare('INSERT INTO outbox (channel, body, due, made) VALUES (?, ?, ?, ?)').run(name, body, now, now);
  }
}

/** Removes the oldest messages for a transport that exceed `most`. Returns their number. */
export function dropOldestMessages(db: Database, { name }: Pick<NotificationTransport, 'name'>, most: number): number {
  const newest = 'SELECT id FROM outbox WHERE channel = ? ORDER BY id DESC LIMIT 1 OFFSET ?';
  return db.prepare(`DELETE FROM outbox WHERE channel = ? AND id <= (${newest})`).run(name, name, most).changes;
}

/** A message as it is sent: with its picture as a data URL, or null where there is none (any more). */
async function withPicture(body: string, stateFile: string): Promise<string> {
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

/** What a round of deliveries came to. */
export interface Delivery {
  readonly delivered: number;
  /** Failed, and to be retried. */
  readonly waiting: number;
  /** Dropped after a week of failures. */
  readonly expired: number;
  /** Why deliveries failed, one sentence per transport. */
  readonly reasons: readonly string[];
}

/**
 * Delivers the messages that are due, oldest first, each with its picture. A message leaves the outbox once it was accepted, so it arrives at least
 * once. After a failure the transport is not used again in this round. Messages expire after a week, also those for a
 * transport that is no longer configured. `file` is the state file.
 */
export async function deliverDue(
  { db, file }: { readonly db: Database; readonly file: string },
  transports: readonly NotificationTransport[],
  signal: AbortSignal,
  now: number = Date.now(),
): Promise<Delivery> {
  let delivered = 0;
  let waiting = 0;
  const expired = db.prepare('DELETE FROM outbox WHERE made < ?').run(now - EXPIRY_MS).changes;
  const reasons: string[] = [];
  for (const transport of transports) {
    const due = db
      .prepare(
        `SELECT id, body, tries FROM outbox WHERE channel = ? AND (due <= ? OR due > ?) ORDER BY id LIMIT ${MOST_AT_ONCE}`,
      )
      // A message that is due later than any retry can be was postponed before the clock was set back.
      .all(transport.name, now, now + LONGEST_RETRY_MS) as { id: number; body: string; tries: number }[];
    for (const { id, body, tries } of due) {
      if (signal.aborted) break;
      try {
        await transport.deliver(await withPicture(body, file), signal);
        db.prepare('DELETE FROM outbox WHERE id = ?').run(id);
        delivered += 1;
      } catch (error) {
        if (signal.aborted) break;
        waiting += 1;
        const reason = sentenceOf(error);
        reasons.push(reason);
        const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(20, tries));
        db.prepare('UPDATE outbox SET tries = tries + 1, due = ?, error = ? WHERE id = ?').run(now + wait, reason, id);
        break;
      }
    }
  }
  return { delivered, waiting, expired, reasons };
}

/** The number of messages in the outbox. */
export function waitingMessages(db: Database): number {
  return (db.prepare('SELECT count(*) AS n FROM outbox').get() as { n: number }).n;
}
