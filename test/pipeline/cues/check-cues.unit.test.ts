import { expect, test } from 'vitest';
import { checkCues } from '../../../src/pipeline/cues/check-cues.ts';
import { PROFILES, type ProfileName } from '../../../src/pipeline/cues/profiles.ts';
import type { ReadCue } from '../../../src/pipeline/formats/parse-cues.ts';
import { seconds } from '../support/captions.ts';

/** Cues from `[start, end, text]`, times in seconds. */
function cues(...plans: [number, number, string][]): ReadCue[] {
  return plans.map(([start, end, text], at) => ({
    number: at + 1,
    start: seconds(start),
    end: seconds(end),
    lines: text.split('\n'),
  }));
}

function found(profile: ProfileName, ...plans: [number, number, string][]): string[] {
  return [...checkCues(cues(...plans), PROFILES[profile])].map(
    ({ cue, rule, value, limit, unit }) => `${cue} ${rule} ${value}/${limit} ${unit}`,
  );
}

const line = (length: number): string => 'x'.repeat(length);

test('the limit itself is allowed; one more is not', () => {
  expect(found('web', [0, 4.2, `${line(42)}\n${line(42)}`])).toEqual([]);
  expect(found('web', [0, 3, line(43)])).toEqual(['1 line-length 43/42 characters']);
  expect(found('web', [0, 1, line(20)])).toEqual([]);
  expect(found('web', [0, 1, line(21)])).toEqual(['1 reading-speed 21/20 characters a second']);
  expect(found('web', [0, 1, 'a\nb\nc'])).toEqual(['1 lines 3/2 lines']);
  expect(found('web', [0, 0.9, 'a'])).toEqual(['1 too-short 0.9/1 seconds']);
  expect(found('bbc', [0, 1, line(37)])).toEqual([]);
  expect(found('bbc', [0, 1, line(38)])).toEqual(['1 line-length 38/37 characters']);
});

test('netflix: 5/6 s to 7 s, 20 characters a second, two frames between', () => {
  expect(found('netflix', [0, 0.833, 'a'], [0.917, 7.917, 'b'])).toEqual([]);
  expect(found('netflix', [0, 0.83, 'a'])).toEqual(['1 too-short 0.83/0.833 seconds']);
  expect(found('netflix', [0, 7.1, 'a'])).toEqual(['1 too-long 7.1/7 seconds']);
  expect(found('netflix', [0, 2, `${line(20)}\n${line(20)}`])).toEqual([]);
  expect(found('netflix', [0, 2, `${line(20)}\n${line(22)}`])).toEqual(['1 reading-speed 21/20 characters a second']);
  expect(found('netflix', [0, 1, 'a'], [1, 2, 'b'])).toEqual(['2 gap 0/0.083 seconds']);
});

test('bbc: 0.3 s a word; a gap of a second or none', () => {
  expect(found('bbc', [0, 1.2, 'one two three four'])).toEqual([]);
  expect(found('bbc', [0, 1, 'one two - three four'])).toEqual(['1 reading-speed 240/200 words a minute']);
  expect(found('bbc', [0, 1, 'a'], [1, 2, 'b'], [3, 4, 'c'])).toEqual([]);
  expect(found('bbc', [0, 1, 'a'], [1.5, 2, 'b'])).toEqual(['2 gap 0.5/1 seconds']);
});

test('overlap is reported in every profile, with the cue that lasts longest', () => {
  for (const profile of ['web', 'netflix', 'bbc'] as const) {
    expect(found(profile, [0, 6, 'a'], [2, 3, 'b'], [5.5, 7, 'c'])).toEqual([
      '2 overlap 1/0 seconds',
      '3 overlap 0.5/0 seconds',
    ]);
  }
});

test('cues out of order: each is compared with the one before it in time', () => {
  expect(found('web', [10, 12, 'late'], [1, 3, 'first'], [2, 5, 'overlaps'])).toEqual([
    '2 order 9/0 seconds',
    '3 order 8/0 seconds',
    '3 overlap 1/0 seconds',
  ]);
});

test('only the times of a cue without text are checked', () => {
  const [cue] = cues([0, 0.5, '']);
  expect([...checkCues(cue === undefined ? [] : [{ ...cue, lines: [] }], PROFILES.bbc)]).toEqual([]);
});
