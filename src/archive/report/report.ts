import { waitingMessages } from '../alerts/outbox.ts';
import type { Database } from '../index/database.ts';
import { cuesBetween, type Hit } from '../index/search-cues.ts';
import { type Recording, recordingsWhere } from '../recordings/recordings.ts';
import { unfinishedFiles } from '../recordings/seen-files.ts';
import { sessionsBetween, type WatchSession } from '../recordings/work-sessions.ts';

/** Something that was seen: cues of one camera that say the same one after the other. Times are milliseconds since 1970. */
export interface Moment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** How many cues say so. */
  readonly times: number;
  /** The first of them that has a picture, else the first. */
  readonly hit: Hit;
}

/** What a camera recorded and what was seen there. */
export interface CameraReport {
  readonly name: string;
  /** In order of time. */
  readonly recordings: readonly Recording[];
  /** Where something moved, in order of time. */
  readonly moments: readonly Moment[];
}

/** A recording of which a person should know. */
export interface Trouble {
  readonly camera: string;
  readonly file: string;
  readonly start: number;
  readonly what: 'failed' | 'partial' | 'gone' | 'waits' | 'unfinished';
  readonly why: string;
}

/** All that a report tells of a span of time. */
export interface Report {
  readonly since: number;
  readonly until: number;
  readonly cameras: readonly CameraReport[];
  readonly nights: readonly WatchSession[];
  readonly troubles: readonly Trouble[];
  /** What waits by now, of any time. */
  readonly backlog: { readonly recordings: number; readonly video: number };
  /** Notifications that nobody has taken yet. */
  readonly messages: number;
}

/** The same that is seen again after a longer pause is told again. */
const PAUSE_MS = 60_000;

/** Cues that say the same one after the other as one. */
export function momentsOf(cues: readonly Hit[]): Moment[] {
  const moments: Moment[] = [];
  for (const hit of cues) {
    const last = moments.at(-1);
    const again =
      last !== undefined && last.text.toLowerCase() === hit.text.toLowerCase() && hit.start - last.end < PAUSE_MS;
    if (!again) {
      moments.push({ start: hit.start, end: hit.end, text: hit.text, times: 1, hit });
      continue;
    }
    const end = Math.max(last.end, hit.end);
    const shown = last.hit.picture === null && hit.picture !== null ? hit : last.hit;
    moments[moments.length - 1] = { ...last, end, times: last.times + 1, hit: shown };
  }
  return moments;
}

const WHAT: Readonly<Record<string, Trouble['what']>> = {
  failed: 'failed',
  partial: 'partial',
  gone: 'gone',
  pending: 'waits',
};
const UNTOLD: Readonly<Record<Trouble['what'], string>> = {
  failed: 'no reason is known',
  partial: 'only part of it could be described',
  gone: 'it was removed before it was described',
  waits: 'its turn has not come yet',
  unfinished: '',
};

function troubleOf({ camera, path, start, state, message }: Recording): Trouble[] {
  const what = WHAT[state];
  if (what === undefined) return [];
  return [{ camera, file: path, start, what, why: message ?? UNTOLD[what] }];
}

/** Gathers what a report tells of the time from `since` to `until` (milliseconds since 1970). */
export function gatherReport(db: Database, since: number, until: number): Report {
  const recordings = recordingsWhere(
    db,
    'r.start < ? AND (r.start + r.duration > ? OR r.start >= ?)',
    until,
    since,
    since,
  );
  const cues = cuesBetween(db, since, until).filter(({ moving }) => moving);
  const unfinished = unfinishedFiles(db).filter(({ start }) => start >= since && start < until);
  const names = new Set([...recordings, ...cues, ...unfinished].map(({ camera }) => camera));
  const cameras = [...names]
    .filter((name) => name !== '')
    .sort()
    .map((name) => ({
      name,
      recordings: recordings.filter(({ camera }) => camera === name),
      moments: momentsOf(cues.filter(({ camera }) => camera === name)),
    }));
  const pending = recordingsWhere(db, "r.state = 'pending'");
  return {
    since,
    until,
    cameras,
    nights: sessionsBetween(db, since, until),
    troubles: [
      ...recordings.flatMap(troubleOf),
      ...unfinished.map(({ camera, path, start, reason }): Trouble => {
        return { camera, file: path, start, what: 'unfinished', why: reason };
      }),
    ].sort((a, b) => a.start - b.start),
    backlog: { recordings: pending.length, video: pending.reduce((sum, { duration }) => sum + duration, 0) },
    messages: waitingMessages(db),
  };
}
