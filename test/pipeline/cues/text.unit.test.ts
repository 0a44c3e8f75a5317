import { expect, test } from 'vitest';
import { equalIgnoringCase, tidy, tidyLines, wordOverlap } from '../../../src/pipeline/cues/text.ts';

test('white space and control characters', () => {
  expect(tidy(' A\tdog\r\n\n runs\u0000 \u2028home\u00a0now ')).toBe('A dog runs home now');
  expect(tidy(' \n ')).toBe('');
});

test('equal texts except for case', () => {
  expect(equalIgnoringCase('A dog', 'a DOG')).toBe(true);
  expect(equalIgnoringCase('A dog', 'A dogs')).toBe(false);
});

test('overlap is the Dice coefficient of words with their counts', () => {
  expect(wordOverlap('a b c d', 'd c b a')).toBe(1);
  expect(wordOverlap('a man a dog', 'a dog')).toBeCloseTo(4 / 6);
  expect(wordOverlap('a a a', 'a b c')).toBeCloseTo(2 / 6);
  expect(wordOverlap('one two', 'three four')).toBe(0);
  expect(wordOverlap('...', '!!!')).toBe(0);
});

test('a text that a person wrote keeps its lines, without those that would end a cue', () => {
  expect(tidyLines('One\n\n  two \t three\r\n\r\n\u0000\nfour\r \u2028five')).toBe('One\ntwo three\nfour\nfive');
  expect(tidyLines(' \n\u0007\n')).toBe('');
});
