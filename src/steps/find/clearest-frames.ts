import type { Micros } from '../../core/types.ts';
import { differenceOf } from '../../ingest/selectors/signature.ts';
import type { Sample } from './sample-frames.ts';

/** Frames of a step that are compared at full size. */
const CANDIDATES = 3;
/** Samples that represent a step when its typical frame is determined. */
const COMPARED = 24;
/** Candidates are at least this far apart. */
const APART: Micros = 1_000_000;

/** Signatures of the same picture differ by less than this. */
const SAME = 3.5;

/**
 * Times of the candidates for a step's picture, the best first: not blank, without motion (no fade, no fast movement, no cut
 * next to it), typical of the step, and sharp. Empty where the step has no sample.
 * @param samples of the whole video, in order of time
 */
export function clearestTimes(samples: readonly Sample[], start: Micros, end: Micros): Micros[] {
  const step: { readonly sample: Sample; readonly unrest: number }[] = [];
  for (const [at, sample] of samples.entries()) {
    if (sample.time < start || sample.time >= end) continue;
    const [before, after] = [samples[at - 1], samples[at + 1]];
    const unrest = [before, after].map((other) =>
      other === undefined ? 0 : differenceOf(sample.signature, other.signature).mean,
    );
    step.push({ sample, unrest: Math.max(...unrest) });
  }
  const visible = step.filter(({ sample }) => !sample.blank);
  const lit = visible.length > 0 ? visible : step;
  const restless = lit.map(({ unrest }) => unrest).sort((a, b) => a - b);
  const calm = lit.filter(({ unrest }) => unrest <= Math.max(SAME, restless[Math.floor((lit.length - 1) / 4)] ?? 0));
  const stride = Math.ceil(step.length / COMPARED);
  const others = step.filter((_, at) => at % stride === 0);
  const odd = calm.map(({ sample }) => {
    return others.reduce((sum, other) => sum + differenceOf(sample.signature, other.sample.signature).mean, 0);
  });
  // As typical as the most typical one, apart from the effect of blur.
  const bound = Math.min(...odd) + SAME * others.length;
  const usual = calm.filter((_, at) => (odd[at] ?? 0) <= bound);
  const times: Micros[] = [];
  for (const { sample } of usual.sort(
    (a, b) => b.sample.sharpness - a.sample.sharpness || a.sample.time - b.sample.time,
  )) {
    if (times.length < CANDIDATES && times.every((time) => Math.abs(time - sample.time) >= APART))
      times.push(sample.time);
  }
  return times;
}
