import { describe, expect, test } from 'vitest';
import { saysSomething, titleFrom } from '../../../src/steps/find/titles.ts';
import { vocabularyOf, wordDistance, wordsOf } from '../../../src/steps/find/vocabulary.ts';

describe('words', () => {
  test('plural and singular are one word, and so is a word that stands twice', () => {
    expect([...wordsOf('The dogs, the DOG; don’t miss “glass”')]).toEqual(['the', 'dog', 'don’t', 'miss', 'glass']);
  });

  test('what stands in every text tells nearly nothing', () => {
    const texts = ['A bright red picture', 'A bright green picture', 'A bright blue picture', 'A dark black picture'];
    const all = texts.map(wordsOf);
    const vocabulary = vocabularyOf(all);
    const [red = new Set(), green = new Set()] = all;
    expect(wordDistance(red, red, vocabulary)).toBe(0);
    // By plain counting the two would share three of four words.
    expect(wordDistance(red, green, vocabulary)).toBeGreaterThan(0.6);
    expect(wordDistance(red, new Set(), vocabulary)).toBe(0);
    expect(wordDistance(red, wordsOf('Dogs run'), vocabulary)).toBe(1);
  });
});

describe('titles', () => {
  test.each([
    ['So, um, now take the drill. Hold it straight.', 'Take the drill'],
    ['Okay. Alright. Put glue into every hole!', 'Put glue into every hole'],
    [
      'A man in a black shirt is standing in front of a building',
      'A man in a black shirt is standing in front of a building',
    ],
    [
      'Turn the screws at the corners until they grip, then tighten every one of them a little more',
      'Turn the screws at the corners until they grip',
    ],
    [
      'Everything that lies on the table in front of you right now has to go into the box',
      'Everything that lies on the table in front of you right now…',
    ],
    ['Hi everyone, welcome back to my channel. Today we plant a rose.', 'Today we plant a rose'],
    ['Hello everybody, today we fold a plane.', 'Today we fold a plane'],
    ['Good morning! My name is Ann, and this is how to pour.', 'This is how to pour'],
    ['Hi guys. Thanks for watching. Let’s get started. Mix the glue well.', 'Mix the glue well'],
    ['Okay, hey there, welcome. Mix the glue.', 'Mix the glue'],
    ['Hello world is the first program.', 'Hello world is the first program'],
    ['Thank the bees for it.', 'Thank the bees for it'],
    ['Hi everyone, welcome to my channel', ''],
    ['Now.', 'Now'],
    ['Hello! First, walk along the stream.', 'Walk along the stream'],
    ['Then step 3: watch the road.', 'Watch the road'],
    ['Finally, go home.', 'Go home'],
    ['First aid comes first.', 'First aid comes first'],
    ['Well-done steaks take longer.', 'Well-done steaks take longer'],
    ['Step two metres back.', 'Step two metres back'],
    ['Step 4.', 'Step 4'],
    ['', ''],
  ])('%s', (text, title) => {
    expect(titleFrom(text)).toBe(title);
    expect(titleFrom(text).length).toBeLessThanOrEqual(60);
  });

  test.each([
    ['Chapter 3', false],
    ['12', false],
    ['Step 4:', false],
    ['', false],
    ['Chapter 3: The glue', true],
    ['Glue', true],
  ])('"%s" says something: %s', (title, says) => {
    expect(saysSomething(title)).toBe(says);
  });
});
