import { expect, test } from 'vitest';
import { leadingPhrase, readGrounding, replacePhrase, supports, widened } from '../../../src/workers/hub/grounding.ts';

test('phrases with their boxes, in fractions of the picture; several boxes of one phrase', () => {
  const text =
    '</s><s>A dog<loc_0><loc_100><loc_499><loc_999>a sofa<loc_10><loc_10><loc_20><loc_20><loc_5><loc_5><loc_5><loc_9></s>';
  expect(readGrounding(text)).toEqual([
    { label: 'A dog', x: 0.0005, y: 0.1005, width: 0.499, height: 0.899 },
    // The box without width is left out.
    { label: 'a sofa', x: 0.0105, y: 0.0105, width: 0.01, height: 0.01 },
  ]);
  expect(readGrounding('<s>nothing here</s>')).toEqual([]);
});

test('a region grows on each side, within the picture', () => {
  expect(widened({ x: 0.4, y: 0, width: 0.2, height: 0.9 }, 0.5)).toEqual({ x: 0.3, y: 0, width: 0.4, height: 1 });
});

test.each([
  ['A black cat sitting on a sofa', 'a black cat'],
  ['A man in a red coat', 'a man'],
  ['Two dogs are playing', 'two dogs'],
  ['A very long kind of thing here', 'a very long kind'],
])('the first noun phrase of "%s"', (caption, phrase) => {
  expect(leadingPhrase(caption)).toBe(phrase);
});

test('support is a matter of the noun; a replaced phrase keeps the rest', () => {
  expect(supports('Two black dogs on grass', 'a dog')).toBe(true);
  expect(supports('A cat on grass', 'a dog')).toBe(false);
  expect(replacePhrase('A dog on a sofa', 'a dog', 'a black cat')).toBe('a black cat on a sofa');
  expect(replacePhrase('A man', 'a dog', 'a cat')).toBeUndefined();
});
