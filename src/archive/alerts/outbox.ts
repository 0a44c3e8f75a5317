import { createHash } from 'node:crypto';
import { sentenceOf } from '../../core/errors.ts';
import type { Database } from '../index/database.ts';
import { cuesOfRecording } from '../index/search-cues.ts';
import type { Recording } from '../recordings/recordings.ts';

/** Where matches are pushed to. */
export interface NotificationTransport {
  readonly name: 'webhook' | 'mqtt';
  /** Hands over one message (JSON). Throws where it was not taken. */
  deliver(body: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A message is tried again after 5 s, 10 s, 20 s and so on, at last every hour; after a week it is given up. */
const FIRST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 3_600_000;
const GIVE_UP_MS = 7 * 86_400_000;
const MOST_AT_ONCE = 500;
/** A recording in which the same is seen all the time says so once, with this many of its cues. */
const MOST_CUES = 20;

/**
 * Enters a message for each of the questions that a recording's cues answer. To be called in the transaction that makes
 * the cues visible: a message is as durable as they are. Its `id` is that of recording and question, so that a receiver can
 * tell a message that it gets twice.
 */
export function enterMatches(
  db: Database,
  recording: Recording,
  questions: readonly string[],
  channels: readonly NotificationTransport[],
): void {
  for (const words of questions) {
    const hits = cuesOfRecording(db, recording.id, words);
    if (hits.length === 0) continue;
    const body = JSON.stringify({
      event: 'match',
      id: createHash('sha256').update(`${recording.content}\n${words}`).digest('hex').slice(0, 32),
      words,
      camera: recording.camera,
      file: recording.path,
      start: new Date(recording.start).toISOString(),
      matches: hits.length,
      cues: hits.slice(0, MOST_CUES).map(({ id, start, end, text, confidence }) => ({
        id,
        start: new Date(start).toISOString(),
        end: new Date(end).toISOString(),
        text,
        confidence,
      })),
    });
    const now = Date.now();
    for (const { name } of channels) {
      db.prepare('INSERT INTO outbox (channel, body, due, made) VALUES (?, ?, ?, ?)').run(name, body, now, now);
    }
  }
}

/** What became of the messages that were due. */
export interface Delivery {
  readonly delivered: number;
  /** Tried, and to be tried again. */
  readonly waiting: number;
  /** Nobody took them for a week. */
  readonly lost: number;
  /** Why they were not taken, a sentence for each channel that did not. */
  readonly reasons: readonly string[];
}

/**
 * Delivers what is due, the oldest first; each message leaves the outbox once it was taken, so that it arrives at least
 * once. A channel that does not take one is left alone until its next turn. Those for a channel that is no more, and those
 * that nobody took for a week, are given up.
 */
export async function deliverDue(
  db: Database,
  channels: readonly NotificationTransport[],
  signal: AbortSignal,
  now: number = Date.now(),
): Promise<Delivery> {
  let delivered = 0;
  let waiting = 0;
  const lost = db.prepare('DELETE FROM outbox WHERE made < ?').run(now - GIVE_UP_MS).changes;
  const reasons: string[] = [];
  for (const channel of channels) {
    const due = db
      .prepare(
        `SELECT id, body, tries FROM outbox WHERE channel = ? AND (due <= ? OR due > ?) ORDER BY id LIMIT ${MOST_AT_ONCE}`,
      )
      // What is due later than any wait can be was put off before the clock was set back.
      .all(channel.name, now, now + LONGEST_WAIT_MS) as { id: number; body: string; tries: number }[];
    for (const { id, body, tries } of due) {
      if (signal.aborted) break;
      try {
        await channel.deliver(body, signal);
        db.prepare('DELETE FROM outbox WHERE id = ?').run(id);
        delivered += 1;
      } catch (error) {
        if (signal.aborted) break;
        waiting += 1;
        const reason = sentenceOf(error);
        reasons.push(reason);
        const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(20, tries));
        db.prepare('UPDATE outbox SET tries = tries + 1, due = ?, error = ? WHERE id = ?').run(now + wait, reason, id);
        break;
      }
    }
  }
  return { delivered, waiting, lost, reasons };
}

/** How many messages wait. */
export function waitingMessages(db: Database): number {
  return (db.prepare('SELECT count(*) AS n FROM outbox').get() as { n: number }).n;
}
