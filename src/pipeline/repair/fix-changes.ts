import type { Micros } from '../../core/types.ts';
import type { RawCue } from './raw-track.ts';

/** One thing that a repair changed. */
export interface FixChange {
  /**
   * - `times`: the line of times was not as players read it; `start`, `end`: the times themselves
   * - `order`: the cue stands elsewhere in the file; `lines`: its lines are broken again
   * - `settings`: settings that players ignore are gone, or say what was meant; `removed`: it had no text
   * - `encoding`: of the whole file
   */
  readonly change: 'times' | 'start' | 'end' | 'order' | 'lines' | 'settings' | 'removed' | 'encoding';
  /** Position of the cue in the file as it was, from 1; absent for the file as a whole. */
  readonly cue?: number;
  /** When it started there. */
  readonly start?: Micros;
  /** What was there, and what is there now. */
  readonly from?: string | Micros;
  readonly to?: string | Micros;
  /** The cue, as the file numbered it, that it stands before now. */
  readonly before?: number;
}

/** A cue before and after a repair; `after` is absent where it is gone. */
export interface RepairedCue {
  readonly was: RawCue;
  readonly now?: RawCue;
}

function changesOf({ was, now }: RepairedCue): FixChange[] {
  const of = { cue: was.number, start: was.start };
  const text = was.lines.join('\n');
  if (now === undefined) return [{ ...of, change: 'removed', from: text, to: '' }];
  const changes: FixChange[] = [];
  if (was.malformed !== undefined) changes.push({ ...of, change: 'times', from: was.malformed });
  if (was.start !== now.start) changes.push({ ...of, change: 'start', from: was.start, to: now.start });
  if (was.end !== now.end) changes.push({ ...of, change: 'end', from: was.end, to: now.end });
  if (was.settings !== now.settings) changes.push({ ...of, change: 'settings', from: was.settings, to: now.settings });
  const lines = now.lines.join('\n');
  if (text !== lines) changes.push({ ...of, change: 'lines', from: text, to: lines });
  return changes;
}

/** What a repair changed, in the order of the file as it was. */
export function fixChanges(cues: readonly RepairedCue[]): FixChange[] {
  const changes = cues.flatMap(changesOf);
  // The lowest number of the cues that stand behind each one now: where it is lower than its own, the cue has moved up.
  let lowest = Number.POSITIVE_INFINITY;
  for (const { was, now } of [...cues].reverse()) {
    if (now === undefined) continue;
    if (lowest < was.number) changes.push({ cue: was.number, start: was.start, change: 'order', before: lowest });
    lowest = Math.min(lowest, was.number);
  }
  return changes.sort((a, b) => (a.cue ?? 0) - (b.cue ?? 0));
}
