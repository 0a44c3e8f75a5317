import { describe, expect, test } from 'vitest';
import {
  addCue,
  changeText,
  type EditCue,
  mergeWithNext,
  removeCue,
  SHORTEST,
  sameCues,
  setTimes,
  shiftCues,
  splitCue,
} from '../../../web/src/editor/edit-cues.ts';

function cue(key: string, start: number, end: number, text: string, from: readonly number[] = []): EditCue {
  return { key, start: start * 1e6, end: end * 1e6, text, from };
}

const CUES = [cue('a', 0, 2, 'A dog runs', [0, 1]), cue('b', 2, 4, 'A cat sleeps', [2]), cue('c', 6, 8, 'A car', [3])];

/** Key, start and end in seconds, and text: what a person sees. */
function seen(cues: readonly EditCue[]): readonly unknown[] {
  return cues.map(({ key, start, end, text }) => [key, start / 1e6, end / 1e6, text]);
}

describe('text', () => {
  test('changes one cue and leaves the others as they are', () => {
    const changed = changeText(CUES, 'b', 'A cat wakes');
    expect(changed[1]).toEqual({ ...CUES[1], text: 'A cat wakes' });
    expect(changed[0]).toBe(CUES[0]);
    expect(changed[2]).toBe(CUES[2]);
  });

  test('of a cue that is gone changes nothing', () => {
    expect(changeText(CUES, 'z', 'x')).toBe(CUES);
  });
});

describe('split', () => {
  test('divides the time by the characters of both parts, and loses none of it', () => {
    const cues = splitCue([cue('a', 1, 4, 'One two three')], 'a', 3, 'n');
    expect(cues.map(({ key, text }) => [key, text])).toEqual([
      ['a', 'One'],
      ['n', 'two three'],
    ]);
    expect(cues[0]?.start).toBe(1e6);
    expect(cues[0]?.end).toBe(cues[1]?.start);
    expect(cues[1]?.end).toBe(4e6);
    // 3 of 12 characters of 3 seconds.
    expect(cues[0]?.end).toBe(1.75e6);
  });

  test.each([0, 99])('at %i, where one part would be empty, changes nothing', (offset) => {
    expect(splitCue(CUES, 'a', offset, 'n')).toBe(CUES);
  });

  test('of a cue that is too short for two changes nothing', () => {
    const short = [{ ...cue('a', 0, 0, 'One two'), end: 2 * SHORTEST - 1 }];
    expect(splitCue(short, 'a', 3, 'n')).toBe(short);
  });

  test('both parts keep the keyframes they came from', () => {
    expect(splitCue(CUES, 'a', 5, 'n').map(({ from }) => from)).toEqual([[0, 1], [0, 1], [2], [3]]);
  });
});

describe('merge', () => {
  test('joins texts, times and keyframes under the first key', () => {
    expect(mergeWithNext(CUES, 'a')).toEqual([
      { key: 'a', start: 0, end: 4e6, text: 'A dog runs\nA cat sleeps', from: [0, 1, 2] },
      CUES[2],
    ]);
  });

  test('keeps the later end where one cue lies in the other', () => {
    expect(seen(mergeWithNext([cue('a', 0, 9, 'x'), cue('b', 2, 3, '')], 'a'))).toEqual([['a', 0, 9, 'x']]);
  });

  test('of the last cue changes nothing', () => {
    expect(mergeWithNext(CUES, 'c')).toBe(CUES);
  });

  test('undoes a split', () => {
    const split = splitCue(CUES, 'a', 5, 'n');
    const merged = mergeWithNext(split, 'a');
    expect(seen(merged)).toEqual(seen(changeText(CUES, 'a', 'A dog\nruns')));
  });
});

describe('times', () => {
  test('a cue that moves behind another stands behind it', () => {
    expect(setTimes(CUES, 'a', 5e6, 6e6).map(({ key }) => key)).toEqual(['b', 'a', 'c']);
  });

  test('no cue starts before zero or is shorter than the shortest', () => {
    expect(setTimes(CUES, 'a', -1, -5)[0]).toMatchObject({ start: 0, end: SHORTEST });
    expect(setTimes(CUES, 'b', 3e6, 1e6)[1]).toMatchObject({ start: 3e6, end: 3e6 + SHORTEST });
  });

  test('a shift moves all by the same', () => {
    expect(seen(shiftCues(CUES, new Set(['b', 'c']), 1.5e6))).toEqual([
      ['a', 0, 2, 'A dog runs'],
      ['b', 3.5, 5.5, 'A cat sleeps'],
      ['c', 7.5, 9.5, 'A car'],
    ]);
  });

  test('a shift before zero stops there, for all alike', () => {
    expect(seen(shiftCues(CUES, new Set(['b', 'c']), -5e6))).toEqual([
      ['a', 0, 2, 'A dog runs'],
      ['b', 0, 2, 'A cat sleeps'],
      ['c', 4, 6, 'A car'],
    ]);
    expect(shiftCues(CUES, new Set(['a', 'b']), -5e6)).toBe(CUES);
  });

  test('a shift of nothing changes nothing', () => {
    expect(shiftCues(CUES, new Set(), 1e6)).toBe(CUES);
  });
});

describe('add and delete', () => {
  test('an added cue lasts two seconds, or up to the next one', () => {
    expect(addCue(CUES, 8.5e6, 'n').at(-1)).toMatchObject({ key: 'n', start: 8.5e6, end: 10.5e6, text: '' });
    expect(addCue(CUES, 5e6, 'n')[2]).toMatchObject({ key: 'n', start: 5e6, end: 6e6 });
    expect(addCue(CUES, 5.99e6, 'n')[2]).toMatchObject({ start: 5.99e6, end: 5.99e6 + SHORTEST });
    expect(seen(addCue([], 1e6, 'n'))).toEqual([['n', 1, 3, '']]);
  });

  test('deletes one', () => {
    expect(removeCue(CUES, 'b')).toEqual([CUES[0], CUES[2]]);
  });
});

test('cues are the same whatever their keys are', () => {
  const again = CUES.map((one) => ({ ...one, key: `${one.key}2` }));
  expect(sameCues(CUES, again)).toBe(true);
  expect(sameCues(CUES, changeText(again, 'a2', 'x'))).toBe(false);
  expect(sameCues(CUES, removeCue(again, 'a2'))).toBe(false);
});
