import { expect, test } from 'vitest';
import { DEFAULT_RULES } from '../../../src/pipeline/cues/rules.ts';
import { shortenTo } from '../../../src/pipeline/cues/shorten.ts';
import { cuesOf, line, seconds } from '../support/captions.ts';

test.each([
  ['A dog runs along a beach in the sun', 1.5, 'A dog runs along a beach'],
  ['A dog runs along a beach in the sun', 1, 'A dog runs'],
  ['A dog runs along a beach in the sun', 2, 'A dog runs along a beach in the sun'],
  ['A man in a red shirt is riding a bike down a hill', 2, 'A man in a red shirt is riding a bike'],
  ['A group of people standing in front of a building', 1.5, 'A group of people standing'],
  ['A man is holding a bottle of beer', 1.3, 'A man is holding a bottle'],
  ['A brown dog is jumping off of a tree', 1.1, 'A brown dog is jumping'],
  ['A brown dog is jumping off of a tree', 1, 'A dog is jumping'],
  ['A small black and white dog is running on grass', 1.9, 'A dog is running on grass'],
  ['An old man is sitting on a bench', 1.5, 'A man is sitting on a bench'],
  ['A red apple is lying there', 1.25, 'An apple is lying there'],
  // Not before a noun: it says something of its own.
  ['The water is blue and the sky is gray', 1.5, 'The water is blue and the sky is gray'],
  ['A view of a train parked in front of a building', 1.2, 'A view of a train parked'],
  ['A man is standing in front of a car', 1.2, 'A man is standing'],
  ['A woman is cutting a piece of cake', 1, 'A woman is cutting a piece of cake'],
  ['A man is sitting on a couch showing a picture', 1.5, 'A man is sitting on a couch'],
  // Nothing that is no sentence any more: rather all of it.
  ['A man in a suit and tie is in a room', 1, 'A man in a suit and tie is in a room'],
  ['A woman is standing next to a red car with two dogs', 2, 'A woman is standing next to a red car'],
  ['A man with a beard', 0.5, 'A man with a beard'],
  ['The little girl in pink', 0.5, 'The girl in pink'],
  ['Ein Hund an einem Strand', 0.5, 'Ein Hund an einem Strand'],
])('"%s" in %d s: "%s"', (text, time, shorter) => {
  expect(shortenTo(text, seconds(time), DEFAULT_RULES)).toBe(shorter);
});

test('a text loses phrases only where its scene is too short for it', async () => {
  const plans = [
    { at: 0, text: 'A dog runs along a beach in the sun' },
    { at: 1.2, text: 'A cat sits on a wall' },
    { at: 6, text: 'A dog runs along a beach in the sun' },
  ];
  expect((await cuesOf(plans, 12)).map(line)).toEqual([
    '0-1.2 A dog runs along a beach [0]',
    '1.2-6 A cat sits on a wall [1]',
    '6-12 A dog runs along a beach in the sun [2]',
  ]);
});

test('consecutive texts that are equal once they are shortened become one', async () => {
  const plans = [
    { at: 0, text: 'A red stop sign sitting on a pole' },
    { at: 1, text: 'A red stop sign sitting in a street' },
    { at: 2, text: 'A cat sits on a wall' },
  ];
  expect((await cuesOf(plans, 6)).map(line)).toEqual([
    '0-2 A red stop sign sitting [0,1]',
    '2-6 A cat sits on a wall [2]',
  ]);
});
