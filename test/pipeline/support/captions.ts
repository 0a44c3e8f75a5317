import { from, lastValueFrom, toArray } from 'rxjs';
import type { Caption, Cue } from '../../../src/core/types.ts';
import type { DroppedText } from '../../../src/pipeline/cues/fit-gaps.ts';
import { type CueRules, DEFAULT_RULES } from '../../../src/pipeline/cues/rules.ts';
import { toCues } from '../../../src/pipeline/cues/to-cues.ts';
import type { TrackHeader } from '../../../src/pipeline/formats/track-writer.ts';
import { readCaptions } from '../../../src/pipeline/screen-text/read-captions.ts';
import { TextPieces } from '../../../src/pipeline/screen-text/text-pieces.ts';

/** Microseconds of a number of seconds. */
export function seconds(value: number): number {
  return Math.round(value * 1e6);
}

/** What a test says of a caption; the rest is filled in. `at` is in seconds of the source's clock. */
export interface CaptionPlan {
  readonly at: number;
  readonly text: string;
  readonly still?: boolean;
  readonly scene?: number;
  readonly confidence?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Captions of one video, numbered from 0. */
export function captions(plans: readonly CaptionPlan[]): Caption[] {
  return plans.map(({ at, text, still = false, scene, confidence = 0.5, error }, index) => ({
    video: 'holiday.mp4',
    index,
    pts: seconds(at),
    still,
    draft: text,
    text,
    confidence,
    passes: 2,
    ...(scene === undefined ? {} : { scene }),
    ...(error === undefined ? {} : { error }),
  }));
}

/** The cues of `plans` in a video that ends at `end` (seconds, source clock). */
export async function cuesOf(
  plans: readonly CaptionPlan[],
  end: number,
  options: {
    readonly zero?: number;
    readonly rules?: Partial<CueRules>;
    readonly onDropped?: (dropped: DroppedText) => void;
  } = {},
): Promise<Cue[]> {
  const timeline = { zero: seconds(options.zero ?? 0), end: () => seconds(end) };
  const rules = { ...DEFAULT_RULES, ...options.rules };
  return lastValueFrom(
    from(captions(plans)).pipe(
      readCaptions(new TextPieces(timeline.zero)),
      toCues(rules, timeline, options.onDropped),
      toArray(),
    ),
  );
}

/** `start-end text [from]` of a cue, times in seconds. */
export function line(cue: Cue): string {
  return `${cue.start / 1e6}-${cue.end / 1e6} ${cue.text.replaceAll('\n', ' / ')} [${cue.from.join(',')}]`;
}

/** A header as the command makes it. */
export const HEADER: TrackHeader = {
  tool: { name: 'secondglance', version: '0.1.0' },
  model: { name: 'tiny', version: '7', sha256: 'ab'.repeat(32) },
  source: {
    name: 'holiday.mp4',
    label: 'films/holiday.mp4',
    start: seconds(1.5),
    facts: { width: 320, height: 240, codec: 'h264' },
  },
  kind: 'descriptions',
  language: 'en',
  options: { frames: 'auto', passes: 2 },
};

/** A sequence of numbers in [0, 1) that passes random and is the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
