import type { Micros } from '../../core/types.ts';
import type { ReadCue } from '../../pipeline/formats/parse-cues.ts';

/** A line of speech or of subtitles. Track times. */
export interface Utterance {
  readonly start: Micros;
  readonly end: Micros;
  /** A single line. */
  readonly text: string;
}

/** Converts a track's cues to utterances. Lines that repeat the previous cue (roll-up captions) are left out. */
export function utterancesOf(cues: readonly ReadCue[]): Utterance[] {
  const utterances: Utterance[] = [];
  let before: readonly string[] = [];
  for (const { start, end, lines } of [...cues].sort((a, b) => a.start - b.start)) {
    const fresh = lines.filter((line) => !before.includes(line));
    before = lines;
    const text = fresh.join(' ').replace(/\s+/gu, ' ').trim();
    if (text !== '') utterances.push({ start, end, text });
  }
  return utterances;
}
