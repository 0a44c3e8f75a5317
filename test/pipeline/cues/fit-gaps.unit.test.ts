import { from, lastValueFrom, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { gapsBetween, joinIntervals } from '../../../src/core/time/intervals.ts';
import type { Cue, Micros } from '../../../src/core/types.ts';
import { type DroppedText, descriptionTime } from '../../../src/pipeline/cues/fit-gaps.ts';
import { PROFILE_NAMES, PROFILES } from '../../../src/pipeline/cues/profiles.ts';
import { rulesFor } from '../../../src/pipeline/cues/rules.ts';
import { toCues } from '../../../src/pipeline/cues/to-cues.ts';
import { readCaptions } from '../../../src/pipeline/screen-text/read-captions.ts';
import { TextPieces } from '../../../src/pipeline/screen-text/text-pieces.ts';
import { type CaptionPlan, captions, randomNumbers, seconds } from '../support/captions.ts';

type Pair = readonly [number, number];
const intervals = (pairs: readonly Pair[]) =>
  pairs.map(([start, end]) => ({ start: seconds(start), end: seconds(end) }));

/** Descriptions of a video that is `end` seconds long, around speech. */
async function fitted(
  plans: readonly CaptionPlan[],
  speech: readonly Pair[],
  end: number,
  profile: (typeof PROFILE_NAMES)[number] = 'web',
) {
  const dropped: DroppedText[] = [];
  const rules = { ...rulesFor(PROFILES[profile], 0, { kind: 'descriptions' }), speech: intervals(speech) };
  const timeline = { zero: 0, end: () => seconds(end) };
  const note = (one: DroppedText) => dropped.push(one);
  const cues = await lastValueFrom(
    from(captions(plans)).pipe(readCaptions(new TextPieces(0)), toCues(rules, timeline, note), toArray()),
    {
      defaultValue: [],
    },
  );
  return { cues, dropped, rules };
}

const lines = (cues: readonly Cue[]) =>
  cues.map(({ start, end, text }) => `${start / 1e6}-${end / 1e6} ${text.replaceAll('\n', ' ')}`);

test('a description waits for the gap in which it fits, and fills it', async () => {
  const { cues, dropped } = await fitted(
    [{ at: 0, text: 'A man opens a door' }],
    [
      [0, 3],
      [4, 8],
    ],
    12,
  );
  expect(lines(cues)).toEqual(['8-10 A man opens a door']);
  expect(dropped).toEqual([]);
});

test('it is shortened where no gap has room for all of it, and left out where none has room for any', async () => {
  const text = 'A man is standing in front of a very large building in the evening';
  const short = await fitted(
    [
      { at: 0, text },
      { at: 6, text: 'A dog' },
    ],
    [
      [0, 3],
      [5, 6],
    ],
    10,
  );
  expect(lines(short.cues)).toEqual(['3-5 A man is standing', '6-10 A dog']);
  const none = await fitted(
    [
      { at: 0, text },
      { at: 6, text: 'A dog' },
    ],
    [
      [0, 5.5],
      [5.6, 6],
    ],
    10,
  );
  expect(lines(none.cues)).toEqual(['6-10 A dog']);
  expect(none.dropped).toEqual([{ reason: 'dialogue', start: 0, end: seconds(6), text }]);
});

test('one that is too short by itself may last into the next, unless that matters more', async () => {
  const quick = [
    { at: 0, text: 'A man runs away' },
    { at: 0.5, text: 'A red car is on the street' },
    { at: 5, text: 'A dog' },
  ];
  const both = await fitted(quick, [], 9);
  expect(lines(both.cues)).toEqual([
    '0-1.333334 A man runs away',
    '1.333334-5 A red car is on the street',
    '5-9 A dog',
  ]);
  const next = [quick[0], { at: 0.5, text: 'Text on screen: The quick brown fox' }] as CaptionPlan[];
  const text = await fitted(next, [[3.2, 9]], 9);
  expect(lines(text.cues)).toEqual(['0.5-3.2 Text on screen: The quick brown fox']);
  expect(text.dropped.map((one) => one.text)).toEqual(['A man runs away']);
});

test.for(PROFILE_NAMES)(
  '%s: for any captions and any speech, none overlaps it, and nine tenths of the gaps that have room are used',
  async (name) => {
    const random = randomNumbers(5);
    let [room, used] = [0, 0];
    for (let film = 0; film < 60; film++) {
      const speech: Pair[] = [];
      for (let at = random() * 4; at < 115; ) {
        const end = at + 0.4 + 6 * random();
        speech.push([at, end]);
        at = end + 0.2 + 8 * random() ** 2;
      }
      const joined = joinIntervals(intervals(speech));
      const plans: CaptionPlan[] = [];
      for (let at = 0; at < 118; at += 1 + 8 * random()) {
        plans.push({
          at: Math.round(at * 1e3) / 1e3,
          text: `A ${['dog', 'woman', 'car'][plans.length % 3]} is near number ${plans.length}`,
        });
      }
      const { cues, dropped, rules } = await fitted(plans, speech, 120, name);
      const again = await fitted(plans, speech, 120, name);
      expect(again).toMatchObject({ cues, dropped });
      let before: Micros = 0;
      for (const cue of cues) {
        expect(cue.start).toBeGreaterThanOrEqual(before);
        before = cue.end;
        for (const one of joined)
          expect(cue.end <= one.start || cue.start >= one.end, JSON.stringify({ cue, one })).toBe(true);
      }
      // What a description of a scene could have used: the first gap of its scene that has room for all of it.
      for (const [at, { at: from, text }] of plans.entries()) {
        const scene = { start: seconds(from), end: seconds(Math.min(plans[at + 1]?.at ?? 120, from + 10)) };
        const fitting = gapsBetween(joined, scene).find(
          ({ start, end }) => end - start >= descriptionTime(text, rules),
        );
        if (fitting === undefined) continue;
        const most = Math.min(fitting.end, fitting.start + (rules.profile.maximum ?? Number.POSITIVE_INFINITY));
        room += most - fitting.start;
        for (const { start, end } of cues) used += Math.max(0, Math.min(end, most) - Math.max(start, fitting.start));
      }
    }
    expect(used / room).toBeGreaterThan(0.9);
  },
);
