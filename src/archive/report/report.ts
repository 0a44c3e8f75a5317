import { waitingMessages } from '../alerts/outbox.ts';
import { CLOCK_TOLERANCE_MS, clockDifference } from '../clock/shown-clock.ts';
import { formatLocal } from '../clock/time-zone.ts';
import { type Database, readFact } from '../index/database.ts';
import { shownClock } from '../index/index-cues.ts';
import { cuesBetween, type Hit } from '../index/search-cues.ts';
import { type Recording, recordingsWhere } from '../recordings/recordings.ts';
import { unfinishedFiles } from '../recordings/seen-files.ts';
import { sessionsBetween, type WatchSession } from '../recordings/work-sessions.ts';

/** Consecutive cues of one camera with the same text. Times are milliseconds since 1970. */
export interface Moment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Number of cues. */
  readonly times: number;
  /** The first of them that has a picture, else the first. */
  readonly hit: Hit;
}

/** A camera's recordings and moments. */
export interface CameraReport {
  readonly name: string;
  /** In order of time. */
  readonly recordings: readonly Recording[];
  /** Moments with movement, in order of time. */
  readonly moments: readonly Moment[];
}

/** A recording that is not captioned, or only in part, or whose time is doubtful. */
export interface RecordingIssue {
  readonly camera: string;
  readonly file: string;
  readonly start: number;
  readonly what: 'failed' | 'partial' | 'gone' | 'waits' | 'unfinished' | 'clock';
  readonly why: string;
}

/** The contents of a report on a span of time. */
export interface Report {
  readonly since: number;
  readonly until: number;
  readonly cameras: readonly CameraReport[];
  readonly sessions: readonly WatchSession[];
  readonly issues: readonly RecordingIssue[];
  /** Pending recordings of any time; `video` is in milliseconds. */
  readonly backlog: { readonly recordings: number; readonly video: number };
  /** Notifications that are not delivered yet. */
  readonly messages: number;
}

const DAY_MS = 86_400_000;
/** The same text after a longer pause is another moment. */
const LONGEST_PAUSE_MS = 60_000;

/** Merges consecutive cues with the same text. */
export function mergeMoments(cues: readonly Hit[]): Moment[] {
  const moments: Moment[] = [];
  for (const hit of cues) {
    const last = moments.at(-1);
    const again =
      last !== undefined &&
      last.text.toLowerCase() === hit.text.toLowerCase() &&
      hit.start - last.end < LONGEST_PAUSE_MS;
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

const WHAT: Readonly<Record<string, RecordingIssue['what']>> = {
  failed: 'failed',
  partial: 'partial',
  gone: 'gone',
  pending: 'waits',
};
const DEFAULT_REASONS: Readonly<Record<RecordingIssue['what'], string>> = {
  failed: 'the reason is unknown',
  partial: 'only part of it could be captioned',
  gone: 'it was removed before it was captioned',
  waits: 'it is waiting for its turn',
  unfinished: '',
  clock:
    'its name has a time that cannot be, so the clock of the recorder was reset: the time shown is that of the file',
};
const AHEAD =
  'its name has a time after the file was last changed: the clock of the recorder is fast, or its zone is another (--zone)';

function issueOf({ camera, path, start, startFrom, state, message }: Recording): RecordingIssue[] {
  const what = WHAT[state];
  const issue = (kind: RecordingIssue['what'], why: string): RecordingIssue => ({
    camera,
    file: path,
    start,
    what: kind,
    why,
  });
  return [
    ...(what === undefined ? [] : [issue(what, message ?? DEFAULT_REASONS[what])]),
    ...(startFrom === 'reset' ? [issue('clock', DEFAULT_REASONS.clock)] : []),
    ...(startFrom === 'ahead' ? [issue('clock', AHEAD)] : []),
  ];
}

/** What the clock in the picture says of the recording's time, where the two differ. */
function clockIssue(db: Database, recording: Recording, zone: string): RecordingIssue[] {
  const clock = shownClock(db, recording.id);
  const ahead = clock === undefined ? undefined : clockDifference(clock.text, clock.at, zone);
  if (clock === undefined || ahead === undefined || Math.abs(ahead) < CLOCK_TOLERANCE_MS) return [];
  const { camera, path: file, start } = recording;
  const why = `the clock in its picture shows "${clock.text}", where the recording's time is ${formatLocal(clock.at, zone)}`;
  return [{ camera, file, start, what: 'clock', why }];
}

/** The latest end of a recording that a clock which is fast put after `now`, within a day; `now` where there is none. */
export function latestEnd(db: Database, now: number): number {
  const latest = db
    .prepare('SELECT max(start + duration) AS latest FROM recordings WHERE start + duration BETWEEN ? AND ?')
    .get(now, now + DAY_MS) as { latest: number | null };
  return latest.latest === null ? now : latest.latest + 1;
}

/** Gathers a report on the time from `since` to `until` (milliseconds since 1970). */
export function gatherReport(db: Database, since: number, until: number): Report {
  const zone = readFact(db, 'zone') ?? 'UTC';
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
  const cameras = [...names].sort().map((name) => ({
    name,
    recordings: recordings.filter(({ camera }) => camera === name),
    moments: mergeMoments(cues.filter(({ camera }) => camera === name)),
  }));
  const pending = recordingsWhere(db, "r.state = 'pending'");
  return {
    since,
    until,
    cameras,
    sessions: sessionsBetween(db, since, until),
    issues: [
      ...recordings.flatMap(issueOf),
      ...recordings.flatMap((recording) => clockIssue(db, recording, zone)),
      ...unfinished.map(({ camera, path, start, reason }): RecordingIssue => {
        return { camera, file: path, start, what: 'unfinished', why: reason };
      }),
    ].sort((a, b) => a.start - b.start),
    backlog: { recordings: pending.length, video: pending.reduce((sum, { duration }) => sum + duration, 0) },
    messages: waitingMessages(db),
  };
}
