import { sentenceOf } from '../../core/errors.ts';
import type { Database } from '../index/database.ts';
import { cuesOfRecording } from '../index/search-cues.ts';
import type { Recording } from '../recordings/recordings.ts';
import { type Alerts, isWanted } from './alerts.ts';
import { matchMessage, withPicture } from './match-message.ts';

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

/**
 * Adds a message to the outbox for each query that cues of a recording match while something moves. Call it in the transaction that
 * publishes the cues, so that messages are as durable as they are. A message's `id` is derived from recording and query, so that a
 * receiver can recognise a message that arrives twice; the same query in several alerts is one message.
 */
export function enqueueMatches(
  db: Database,
  recording: Recording,
  alerts: readonly Alerts[],
  transports: readonly NotificationTransport[],
): void {
  const sent = new Set<string>();
  for (const { queries, exact, ...wanted } of alerts) {
    for (const words of queries) {
      if (sent.has(words)) continue;
      const found = cuesOfRecording(db, recording.id, words, { exact });
      const hits = found.filter((hit) => hit.moving && isWanted(hit, wanted));
      if (hits.length === 0) continue;
      sent.add(words);
      const { content: source, camera, path: file, start } = recording;
      const body = matchMessage({ source, words, camera, file, start, hits }, wanted.zone);
      enqueueMessage(db, body, transports, Date.now());
    }
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
