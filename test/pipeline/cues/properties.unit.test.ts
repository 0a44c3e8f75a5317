import { expect, test } from 'vitest';
import { graphemeCount, LINES } from '../../../src/pipeline/cues/layout.ts';
import { PROFILES } from '../../../src/pipeline/cues/profiles.ts';
import { DEFAULT_RULES } from '../../../src/pipeline/cues/rules.ts';
import { toMilliseconds } from '../../../src/pipeline/cues/time.ts';
import { type CaptionPlan, cuesOf, randomNumbers, seconds } from '../support/captions.ts';

const NOUNS = ['dog', 'cat', 'cow', 'man on a very old red bicycle without a bell', 'street', 'woman', 'boat', 'child'];

/** The time that the longest of the texts takes to read. */
const LONGEST = seconds(3.5);

interface Video {
  readonly plans: CaptionPlan[];
  readonly zero: number;
  readonly end: number;
}

/** A video with keyframes between `least` and `most` seconds apart: gaps, repeats, still scenes, times before zero. */
function madeUp(random: () => number, least: number, most: number, gaps: boolean): Video {
  const zero = random() < 0.5 ? 0 : 10 * random();
  let at = zero - (random() < 0.2 ? 0.5 : 0);
  const plans: CaptionPlan[] = [];
  const count = Math.floor(random() * 30);
  for (let index = 0; index < count; index += 1) {
    const noun = NOUNS[Math.floor(random() * NOUNS.length)];
    const dull = gaps && random() < 0.15;
    plans.push({
      at: Math.round(at * 1e6) / 1e6,
      text: dull ? '' : `A ${noun} and number ${Math.floor(random() * 3)}`,
      still: index > 0 && random() < 0.4,
      confidence: Math.round(random() * 1e4) / 1e4,
    });
    at += least + (most - least) * random() ** 3;
  }
  return { plans, zero, end: at - least + most * random() ** 4 };
}

test('for any captions: inside the video, no overlap, readable, on lines that fit', async () => {
  const random = randomNumbers(11);
  let cueCount = 0;
  for (let round = 0; round < 400; round += 1) {
    const { plans, zero, end } = madeUp(random, 0.001, 14, true);
    const cues = await cuesOf(plans, end, { zero, rules: { minConfidence: 0.1 } });
    cueCount += cues.length;
    const duration = Math.max(seconds(end) - seconds(zero), 1000);
    const shown = plans.filter(({ text, confidence = 0 }) => text !== '' && confidence >= 0.1).map(({ text }) => text);
    expect(cues.length === 0).toBe(shown.length === 0);

    let before = 0;
    cues.forEach((cue, at) => {
      expect(cue.start).toBeGreaterThanOrEqual(before);
      expect(Number.isInteger(cue.start) && Number.isInteger(cue.end)).toBe(true);
      expect(toMilliseconds(cue.end)).toBeGreaterThan(toMilliseconds(cue.start));
      expect(cue.end).toBeLessThanOrEqual(Math.max(duration, seconds((plans.at(-1)?.at ?? 0) - zero)));
      before = cue.end;

      // A text that is split shares its time; alone, a cue has its minimum unless the video is shorter.
      const alone = cues.filter(({ from }) => from[0] === cue.from[0]).length === 1;
      if (alone && duration >= DEFAULT_RULES.minimum) {
        expect(cue.end - cue.start).toBeGreaterThanOrEqual(DEFAULT_RULES.minimum);
      }
      const lines = cue.text.split('\n');
      expect(lines.length).toBeLessThanOrEqual(LINES);
      for (const line of lines) expect(graphemeCount(line)).toBeLessThanOrEqual(PROFILES.web.lineLength);
      expect(cue.from.length).toBeGreaterThan(0);
      expect(cue.from[0]).toBeGreaterThanOrEqual(cues[at - 1]?.from[0] ?? 0);

      // Starts at most one minimum after its scene, and ends at most one tail after its last keyframe.
      const first = seconds((plans[cue.from[0] ?? 0]?.at ?? 0) - zero);
      const last = seconds((plans[cue.from.at(-1) ?? 0]?.at ?? 0) - zero);
      expect(cue.start).toBeGreaterThanOrEqual(Math.max(0, first) - LONGEST);
      expect(cue.end).toBeLessThanOrEqual(Math.max(0, last) + DEFAULT_RULES.tail + 2 * LONGEST);
    });
  }
  expect(cueCount).toBeGreaterThan(2000);
});

test('keyframes as far apart as it takes to read their texts: none is lost, and each starts with its scene', async () => {
  const random = randomNumbers(12);
  for (let round = 0; round < 300; round += 1) {
    const { plans, zero } = madeUp(random, 3.5, 12, false);
    const changes = plans.map((plan) => ({ ...plan, still: false, at: Math.max(plan.at, zero) }));
    const apart = changes.filter(({ at }, index) => index === 0 || at >= (changes[index - 1]?.at ?? 0) + 3.5);
    const cues = await cuesOf(apart, (apart.at(-1)?.at ?? 0) + 3.5, { zero });
    const said = cues.map(({ text }) => text.replaceAll('\n', ' ')).join(' | ');
    for (const { text } of apart) expect(said.replaceAll(' | ', ' ')).toContain(text);
    const starts = new Set(apart.map(({ at }) => seconds(at) - seconds(zero)));
    const firsts = cues.filter((cue, index) => cue.from[0] !== cues[index - 1]?.from[0]);
    for (const cue of firsts) {
      expect([...starts].some((start) => Math.abs(start - cue.start) <= 1)).toBe(true);
    }
  }
});

test('every shown caption belongs to a cue, or ended before the zero', async () => {
  const random = randomNumbers(13);
  for (let round = 0; round < 300; round += 1) {
    const { plans, zero, end } = madeUp(random, 0.05, 8, true);
    const cues = await cuesOf(plans, end, { zero });
    const named = new Set(cues.flatMap(({ from }) => [...from]));
    plans.forEach(({ at, text }, index) => {
      if (text !== '' && at >= zero) expect(named).toContain(index);
    });
  }
});
