import type { Micros } from '../../core/types.ts';
import { differenceOf } from '../../ingest/selectors/signature.ts';
import type { Sample } from './sample-frames.ts';

/** Two frames whose signatures differ by less than this show the same thing. */
export const SAME_FRAME = 8;

/**
 * Replaces flickers: for each sample, the position of the sample to use instead. That is the sample itself, or, during a
 * flicker (other frames that give way to the same one again in less than `shortest`), the last sample before it.
 */
export function withoutFlicker(samples: readonly Sample[], shortest: Micros): number[] {
  const same = (a: number, b: number): boolean => {
    const [left, right] = [samples[a], samples[b]];
    return left !== undefined && right !== undefined && differenceOf(left.signature, right.signature).mean < SAME_FRAME;
  };
  const replacement: number[] = [];
  for (let at = 0, last = 0; at < samples.length; last = at, at++) {
    if (same(last, at)) {
      replacement[at] = at;
      continue;
    }
    const limit = (samples[at]?.time ?? 0) + shortest;
    let back = at + 1;
    while (back < samples.length && (samples[back]?.time ?? 0) < limit && !same(last, back)) back++;
    if (back >= samples.length || (samples[back]?.time ?? 0) >= limit) {
      replacement[at] = at;
      continue;
    }
    for (; at < back; at++) replacement[at] = last;
    replacement[back] = back;
  }
  return replacement;
}
