import type { Micros } from '../../core/types.ts';
import { differenceOf } from '../../ingest/selectors/signature.ts';
import type { Sample } from './sample-frames.ts';

/** So many frames of a step are looked at in full size. */
const CANDIDATES = 3;
/** So many samples stand for a step when its usual picture is sought. */
const COMPARED = 24;
/** Frames this near show the same. */
const APART: Micros = 1_000_000;

/** Signatures less far apart than this are of one picture. */
const SAME = 3.5;

/**
 * The times of the frames that may be a step's clearest, the most promising first: not blank, at rest (no fade, no fast
 * motion, no cut beside it), showing what the step mostly shows, and sharp. Empty where the step has no sample.
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
  // As usual as the most usual one, but for what blur changes.
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
