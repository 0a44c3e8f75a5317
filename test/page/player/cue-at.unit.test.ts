import { expect, test } from 'vitest';
import { cueAt } from '../../../web/src/player/cue-at.ts';

test('the cue that is shown, and none between cues', () => {
  const cues = [
    { start: 1, end: 2 },
    { start: 2, end: 3 },
    { start: 5, end: 6 },
  ];
  expect([0, 1, 1.999, 2, 3, 5.5, 6].map((time) => cueAt(cues, time))).toEqual([-1, 0, 0, 1, -1, 2, -1]);
  expect(cueAt([], 1)).toBe(-1);
});
