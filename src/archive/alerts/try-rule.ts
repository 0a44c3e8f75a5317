import { randomUUID } from 'node:crypto';
import { sentenceOf } from '../../core/errors.ts';
import { isLivePath } from '../index/live-cues.ts';
import { type Hit, searchCues } from '../index/search-cues.ts';
import type { OpenArchive } from '../open-archive.ts';
import { alertsOf, checkRule, type NewAlertRule } from './alert-rules.ts';
import { isWanted } from './alerts.ts';
import { matchMessage, withPicture } from './match-message.ts';
import type { NotificationTransport } from './outbox.ts';

const DAY_MS = 86_400_000;
/** The time in which a rule is tried. */
const TRIED_DAYS = 7;
/** Captions with the words that are looked at, the newest. */
const MOST_HITS = 1000;

/** Whether a transport accepted a message. */
export interface TriedDelivery {
  readonly transport: NotificationTransport['name'];
  readonly accepted: boolean;
  /** Why it did not. */
  readonly reason?: string;
}

/** The captions of the last week that a rule notifies of, newest first. Throws `nothing-to-search`, `bad-time`. */
export function matchesOf({ db, file, zone }: OpenArchive, rule: NewAlertRule, now: number): Hit[] {
  checkRule(rule);
  const { words, exact } = rule;
  const alerts = alertsOf(rule, zone);
  const hits = searchCues(db, file, { words, exact, since: now - TRIED_DAYS * DAY_MS, limit: MOST_HITS });
  return hits.filter((hit) => hit.moving && isWanted(hit, alerts));
}

/**
 * Sends a message for the newest of a rule's matches at once, as `watch` would, and marked as a test; without a match, one
 * without captions. Does not wait for another attempt.
 */
export async function sendTest(
  { file, zone }: OpenArchive,
  { words, camera }: NewAlertRule,
  [newest]: readonly Hit[],
  transports: readonly NotificationTransport[],
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<TriedDelivery[]> {
  const match =
    newest === undefined
      ? { camera: camera ?? '', file: null, start: now, hits: [] }
      : {
          camera: newest.camera,
          file: isLivePath(newest.file) ? null : newest.file,
          start: newest.start - newest.offset,
          hits: [newest],
        };
  const body = await withPicture(matchMessage({ ...match, source: randomUUID(), words, test: true }, zone), file);
  return Promise.all(
    transports.map(async (transport): Promise<TriedDelivery> => {
      try {
        await transport.deliver(body, signal);
        return { transport: transport.name, accepted: true };
      } catch (error) {
        return { transport: transport.name, accepted: false, reason: sentenceOf(error) };
      }
    }),
  );
}
