import { expect, test } from 'vitest';
import { nounsOf, withoutThings } from '../../../src/pipeline/events/nouns.ts';

test.each([
  ['a man in a red shirt is standing in front of a building', ['man', 'shirt', 'building']],
  ['Two women walk along the beach', ['woman', 'beach']],
  ['a man walks to the door', ['man', 'door']],
  ['several boxes and dishes on shelves', ['box', 'dish', 'shelve']],
  ['the bus is yellow', ['bus']],
])('the things of "%s"', (text, things) => {
  expect([...nounsOf(text)]).toEqual(things);
});

test.each([
  // A phrase at the end goes with what leads to it.
  ['a man is holding a dog', ['dog'], 'a man'],
  ['a man is walking down a street with an umbrella', ['umbrella'], 'a man is walking down a street'],
  // One in the middle, too.
  ['a man with a dog walks to the door', ['dog'], 'a man walks to the door'],
  ['a man and a dog on the grass', ['dog'], 'a man on the grass'],
  // Of two that are joined, the other one remains.
  ['a dog and a man on the grass', ['dog'], 'a man on the grass'],
  // A name that describes another one goes alone.
  ['a police car on the road', ['police'], 'a car on the road'],
  // So do two words that describe it together.
  ['a man is holding a red and white bag', ['bag'], 'a man'],
  ['a black and white photo of a person', ['photo'], ''],
  // Who does it is the sentence: without it nothing is left.
  ['a dog is running on the grass', ['dog'], ''],
  ['a man is holding a dog', [], 'a man is holding a dog'],
  // Not English: its words cannot be told apart.
  ['ein Mann geht zur Tür', ['mann'], 'ein Mann geht zur Tür'],
])('"%s" without %j', (text, things, expected) => {
  expect(withoutThings(text, (stem) => (things as string[]).includes(stem))).toBe(expected);
});
