import { expect, test } from 'vitest';
import { captionOfJson, tidyAnswer } from '../../../src/workers/server/tidy-answer.ts';

test.each([
  ['a dog on a sofa.', 'A dog on a sofa'],
  ['"A dog on a sofa."', 'A dog on a sofa'],
  ['Sure! A dog\non a sofa', 'A dog on a sofa'],
  ['Here is the corrected description: **A dog** on a `sofa`', 'A dog on a sofa'],
  ['Corrected caption: A dog. It sleeps.', 'A dog. It sleeps.'],
  ['', ''],
])('%s', (answer, caption) => {
  expect(tidyAnswer(answer, false)).toBe(caption);
});

test('an answer that was cut off ends with its last whole sentence', () => {
  expect(tidyAnswer('A dog sleeps. A cat looks out of the', true)).toBe('A dog sleeps');
  expect(tidyAnswer('A dog sleeps on the', true)).toBe('A dog sleeps on the');
});

test('answers as JSON, also in a fence', () => {
  expect(captionOfJson('{"caption": "a dog"}')).toBe('a dog');
  expect(captionOfJson('```json\n{"caption": "a dog"}\n```')).toBe('a dog');
  expect(captionOfJson('a dog')).toBeUndefined();
  expect(captionOfJson('{"text": "a dog"}')).toBeUndefined();
});
