import { expect, test } from 'vitest';
import { spokenWords, withoutMarks } from '../../../src/steps/find/spoken-words.ts';

test.each([
  ['>> Next, put the glue on.', 'Next, put the glue on.'],
  ['>>> JOHN SMITH: Put it there. >> Where?', 'Put it there. Where?'],
  ['- Is it dry? - Yes, it is.', 'Is it dry? Yes, it is.'],
  ['[music] Take the saw [saw whirring] and cut.', 'Take the saw and cut.'],
  ['Take it, (laughs) and cut (THUD).', 'Take it, and cut.'],
  ['♪ la la la ♪ Take it.', 'Take it.'],
  [
    'Add salt (optional), and a pinch (a small one) of pepper.',
    'Add salt (optional), and a pinch (a small one) of pepper.',
  ],
  ['A well-known 5 - 3 rule: a -> b', 'A well-known 5 - 3 rule: a -> b'],
  ['USB: plug it in (USB-C).', 'USB: plug it in (USB-C).'],
])('%s', (text, plain) => {
  expect(withoutMarks(text)).toBe(plain);
});

test('sounds alone are no words', () => {
  const said = ['[applause]', '(gentle music)', '>>', 'Hello'].map((text, at) => ({ start: at, end: at + 1, text }));
  expect(spokenWords(said)).toEqual([{ start: 3, end: 4, text: 'Hello' }]);
});
