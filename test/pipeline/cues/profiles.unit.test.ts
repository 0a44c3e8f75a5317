import { expect, test } from 'vitest';
import { checkCues } from '../../../src/pipeline/cues/check-cues.ts';
import { PROFILES, type ProfileName } from '../../../src/pipeline/cues/profiles.ts';
import { rulesFor } from '../../../src/pipeline/cues/rules.ts';
import { parseTrack } from '../../../src/pipeline/formats/read-track.ts';
import { type CaptionPlan, cuesOf, line, randomNumbers } from '../support/captions.ts';
import { writeTrack } from '../support/writing.ts';

const LONG =
  'A man in a red shirt with a very long name on its back rides an old bicycle past several people who wait for a bus';

async function cuesIn(profile: ProfileName, plans: readonly CaptionPlan[], end: number) {
  return cuesOf(plans, end, { rules: rulesFor(PROFILES[profile]) });
}

test('web shows cues as long as their scene lasts, and lets them touch', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 9, text: 'A cat' },
  ];
  expect((await cuesIn('web', plans, 12)).map(line)).toEqual(['0-9 A dog [0]', '9-12 A cat [1]']);
});

test('netflix ends a cue after seven seconds, and two frames before the next', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 9, text: 'A cat' },
    { at: 12, text: 'A cow' },
  ];
  expect((await cuesIn('netflix', plans, 15)).map(line)).toEqual([
    '0-7 A dog [0]',
    '9-11.916667 A cat [1]',
    '12-15 A cow [2]',
  ]);
});

test('netflix shows a long text for as long as it takes to read, and what followed waits', async () => {
  const text = 'A man in a shirt rides a bike downhill, past three houses'; // 56 characters and a line feed
  const [first, second] = await cuesIn(
    'netflix',
    [
      { at: 0, text },
      { at: 1, text: 'A dog' },
    ],
    9,
  );
  expect(((first?.end ?? 0) - (first?.start ?? 0)) / 1e6).toBeCloseTo(56 / 20, 5);
  expect(second?.start).toBe((first?.end ?? 0) + 83_333);
});

test('netflix: the parts of a text that takes several cues follow each other', async () => {
  const cues = await cuesIn('netflix', [{ at: 0, text: LONG }], 60);
  expect(cues).toHaveLength(2);
  expect((cues[1]?.start ?? 0) - (cues[0]?.end ?? 0)).toBeLessThan(200_000);
});

test('bbc: shorter lines, and no gap that is shorter than a second', async () => {
  const plans = [
    { at: 0, text: 'A woman in a long green dress walks along' },
    { at: 10.4, text: '' },
    { at: 10.9, text: 'A dog' },
  ];
  expect((await cuesIn('bbc', plans, 12)).map(line)).toEqual([
    '0-10.9 A woman in a long / green dress walks along [0]',
    '10.9-12 A dog [2]',
  ]);
});

for (const name of ['netflix', 'bbc'] as const) {
  test(`${name}: for any captions, check finds no violation in the written track`, async () => {
    const random = randomNumbers(name === 'bbc' ? 21 : 22);
    const words = LONG.split(' ');
    let cueCount = 0;
    for (let round = 0; round < 60; round += 1) {
      let at = 0;
      const plans = Array.from({ length: 25 }, (_, index): CaptionPlan => {
        at += 0.05 + 13 * random() ** 3;
        const count = random() < 0.1 ? 0 : 1 + Math.floor(24 * random());
        return {
          at,
          text: `${words.slice(0, count).join(' ')}${count > 0 ? ` ${index % 7}` : ''}`,
          still: random() < 0.3,
        };
      });
      // Time enough for the last one: a video that ends too early cannot be helped.
      const cues = await cuesIn(name, plans, at + 20);
      const track = parseTrack((await writeTrack('vtt', { cues })).text);
      expect(track?.cues).toHaveLength(cues.length);
      expect([...checkCues(track?.cues ?? [], PROFILES[name])]).toEqual([]);
      cueCount += cues.length;
    }
    expect(cueCount).toBeGreaterThan(600);
  });
}
