import { expect, test } from 'vitest';
import { breakText, divideTime, graphemeCount, LINES } from '../../../src/pipeline/cues/layout.ts';
import { randomNumbers } from '../support/captions.ts';

const LINE_LENGTH = 42;

test('a text of 42 characters stays on one line, one of 43 does not', () => {
  const whole = 'A man in a red shirt rides a bike downhill';
  expect(whole).toHaveLength(42);
  expect(breakText(whole, LINE_LENGTH)).toEqual([whole]);
  expect(breakText(`${whole}s`, LINE_LENGTH)).toEqual(['A man in a red shirt\nrides a bike downhills']);
});

test('two lines are balanced, the upper one the shorter where they cannot be equal', () => {
  expect(breakText('A woman in a long green dress walks along the beach at sunset', LINE_LENGTH)).toEqual([
    'A woman in a long green dress\nwalks along the beach at sunset',
  ]);
});

test('of two breaks that are equally even, the upper line is the shorter', () => {
  expect(breakText(`${'a'.repeat(20)} and ${'b'.repeat(20)}`, LINE_LENGTH)).toEqual([
    `${'a'.repeat(20)}\nand ${'b'.repeat(20)}`,
  ]);
});

test('a word longer than a line is cut between graphemes', () => {
  expect(breakText('x'.repeat(100), LINE_LENGTH)).toEqual(['x'.repeat(42), `${'x'.repeat(42)}\n${'x'.repeat(16)}`]);
  const families = '👨‍👩‍👧'.repeat(50);
  const cues = breakText(families, LINE_LENGTH);
  expect(cues.join('').replaceAll('\n', '')).toBe(families);
  expect(cues.flatMap((cue) => cue.split('\n')).map(graphemeCount)).toEqual([42, 8]);
});

test('a letter with a combining accent counts as one character', () => {
  expect(graphemeCount('cafe\u0301')).toBe(4);
});

test('any text: its words, in order, on lines that fit', () => {
  const random = randomNumbers(3);
  for (let round = 0; round < 300; round += 1) {
    const words = Array.from({ length: 1 + Math.floor(random() * 40) }, () =>
      'abcdefghijklmnopqrstuvwxyz'.slice(0, 1 + Math.floor(random() * 14)),
    );
    const cues = breakText(words.join(' '), LINE_LENGTH);
    expect(cues.join(' ').replaceAll('\n', ' ')).toBe(words.join(' '));
    for (const cue of cues) {
      const lines = cue.split('\n');
      expect(lines.length).toBeLessThanOrEqual(LINES);
      for (const line of lines) expect(graphemeCount(line)).toBeLessThanOrEqual(LINE_LENGTH);
    }
  }
});

test('time is divided in proportion, but no part gets less than the minimum', () => {
  expect(divideTime(0, 10_000_000, [30, 70], 1_000_000)).toEqual([3_000_000, 10_000_000]);
  expect(divideTime(0, 10_000_000, [5, 95], 1_000_000)).toEqual([1_000_000, 10_000_000]);
  expect(divideTime(0, 4_000_000, [5, 90, 12], 1_000_000)).toEqual([1_000_000, 3_000_000, 4_000_000]);
  expect(divideTime(2_000_000, 4_000_000, [1, 99], 1_000_000)).toEqual([3_000_000, 4_000_000]);
});

test('too little time for the minimum is divided equally', () => {
  expect(divideTime(0, 1_000_000, [10, 90], 1_000_000)).toEqual([500_000, 1_000_000]);
});
