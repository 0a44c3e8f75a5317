import { printableLine } from '../../core/text/printable.ts';
import { clockText } from '../../core/text/wording.ts';
import type { VideoOutline } from '../../queue/redis/record-schema.ts';
import { isOpen } from '../../queue/redis/records.ts';
import type { Problem } from '../summary.ts';
import { progressOf, summaryOf } from './wait-for-videos.ts';

/** A video as `status --json` shows it. Times are ISO 8601, spans are seconds. */
export interface VideoView {
  readonly id: string;
  readonly video: string;
  readonly state: VideoOutline['state'];
  readonly priority: VideoOutline['priority'];
  readonly run: number;
  readonly submitted: string;
  readonly begun?: string;
  readonly ended?: string;
  readonly keyframes: { readonly found: number; readonly done: number; readonly failed: number };
  /** How much of the video's time is captioned, its duration, and the time left, where they are known. */
  readonly covered?: number;
  readonly duration?: number;
  readonly left?: number;
  /** Why it makes no progress. */
  readonly blockedReason?: string;
  readonly outputs?: readonly string[];
  readonly problems?: readonly Problem[];
  /** What ran the model. */
  readonly runtimes?: readonly string[];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The progress of a running video. */
function pace(record: VideoOutline, now: number) {
  const { covered, duration } = progressOf(record);
  const elapsed = (now - (record.begun ?? now)) / 1000;
  const rate = elapsed > 0 ? covered / 1e6 / elapsed : 0;
  return {
    covered: covered / 1e6,
    ...(duration === undefined ? {} : { duration: duration / 1e6 }),
    ...(duration === undefined || rate === 0
      ? {}
      : { left: Math.max(0, Math.round((duration - covered) / 1e6 / rate)) }),
  };
}

function outcome(record: VideoOutline) {
  const { outputs, problems, runtimes } = summaryOf(record);
  return { outputs, problems, runtimes };
}

/** What `status` shows of a record. `now` is the time on the clock of Redis. */
export function viewOf(record: VideoOutline, now: number): VideoView {
  const { id, name, state, priority, run, submitted, begun, ended, found, done, failed, blockedReason } = record;
  return {
    id,
    video: name,
    state,
    priority,
    run,
    submitted: iso(submitted),
    ...(begun === undefined ? {} : { begun: iso(begun) }),
    ...(ended === undefined ? {} : { ended: iso(ended) }),
    keyframes: { found, done, failed },
    ...(state === 'running' ? pace(record, now) : {}),
    ...(isOpen(state) ? (blockedReason === undefined ? {} : { blockedReason }) : outcome(record)),
  };
}

/** One line of the list: `v0123…  running  normal  12/40 keyframes, 0:15 left  holiday.mp4`. */
export function lineOf(view: VideoView): string {
  const { found, done, failed } = view.keyframes;
  const count = view.state === 'queued' ? '' : `${done}/${found} keyframes`;
  const lost = failed === 0 ? '' : `, ${failed} failed`;
  const left = view.left === undefined ? '' : `, ${clockText(view.left)} left`;
  const why = view.blockedReason === undefined ? '' : `\n    ${printableLine(view.blockedReason)}`;
  const what = (view.problems ?? []).map(({ message }) => `\n    ${printableLine(message)}`).join('');
  return `${view.id}  ${view.state.padEnd(9)}  ${view.priority.padEnd(6)}  ${`${count}${lost}${left}`.padEnd(34)}  ${printableLine(view.video)}${why}${what}`;
}
