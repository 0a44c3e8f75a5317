import { expect, test } from 'vitest';
import { checkEdits, describeViolation, readingSpeed } from '../../../web/src/editor/check-edits.ts';
import type { EditCue } from '../../../web/src/editor/edit-cues.ts';

function cue(key: string, start: number, end: number, text: string): EditCue {
  return { key, start: start * 1e6, end: end * 1e6, text, from: [] };
}

/** Violations in words, by key. */
function words(cues: readonly EditCue[], profile: 'web' | 'netflix' | 'bbc'): Record<string, readonly string[]> {
  return Object.fromEntries([...checkEdits(cues, profile)].map(([key, all]) => [key, all.map(describeViolation)]));
}

test('a cue that fits has no violation', () => {
  expect(words([cue('a', 0, 3, 'A dog runs over a field')], 'web')).toEqual({});
});

test('each violation belongs to its cue, and says the value and the limit', () => {
  const long = 'A very long line that no player would show without breaking it';
  expect(words([cue('a', 0, 3, 'Fine'), cue('b', 3, 10, long), cue('c', 10, 10.5, 'Short')], 'web')).toEqual({
    b: ['Line too long: 62 characters (at most 42)'],
    c: ['Too short: 0.5 s (at least 1)'],
  });
});

test('overlaps are found, as are gaps of the profile', () => {
  const cues = [cue('a', 0, 3, 'One'), cue('b', 2, 5, 'Two'), cue('c', 5.02, 8, 'Three')];
  expect(words(cues, 'netflix')).toEqual({
    b: ['Overlaps the cue before by 1 s'],
    c: ['Gap too short: 0.02 s (at least 0.083)'],
  });
});

test('the reading speed is in the unit of the profile', () => {
  const one = cue('a', 0, 2, 'Ten chars.');
  expect(readingSpeed(one, 'web')).toEqual({ value: 5, unit: 'characters a second', most: 20 });
  expect(readingSpeed(one, 'bbc')).toEqual({ value: 60, unit: 'words a minute', most: 200 });
});

test('a cue that is too fast to read has a violation and a speed above the limit', () => {
  const fast = cue('a', 0, 1, 'Thirty characters in a second.');
  expect(readingSpeed(fast, 'web').value).toBe(30);
  expect(words([fast], 'web')).toEqual({ a: ['Too fast to read: 30 characters a second (at most 20)'] });
});
