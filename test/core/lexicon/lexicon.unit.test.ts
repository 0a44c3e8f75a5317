import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { KINDS, SAME_MEANING } from '../../../src/core/lexicon/kinds.ts';
import { wordsFor } from '../../../src/core/lexicon/lexicon.ts';

test.each([
  ['person', ['man', 'men', 'woman', 'women', 'boy', 'girl', 'child', 'people', 'player']],
  ['people', ['person', 'man', 'women', 'toddler']],
  ['persons', ['person', 'man']],
  ['man', ['men', 'guy']],
  ['children', ['child', 'kid', 'boy', 'baby']],
  ['Vehicles', ['vehicle', 'car', 'taxi', 'buses', 'bike', 'ship']],
  ['animal', ['dog', 'puppy', 'geese', 'cow', 'calves']],
  ['furniture', ['couch', 'bench', 'desk']],
  ['couch', ['sofa']],
  ['bikes', ['bicycle']],
])('%s is also told by other words', (word, expected) => {
  const [first, ...others] = wordsFor(word);
  expect(first).toBe(word.toLowerCase());
  expect(others).toEqual(expect.arrayContaining(expected));
  expect(new Set(others).size).toBe(others.length);
  expect(others).not.toContain(first);
});

test.each([
  ['man', ['woman', 'boy', 'person']],
  ['dog', ['cat', 'animal']],
  ['car', ['truck', 'vehicle']],
])('%s is not told by broader words, or by those beside it', (word, others) => {
  for (const other of others) expect(wordsFor(word)).not.toContain(other);
});

test.each(['gate', 'constructor', '__proto__', 'toString', ''])('another word stands for itself: "%s"', (word) => {
  expect(wordsFor(word)).toEqual([word.toLowerCase()]);
});

test('no word has two meanings, and each kind is named by the first word of its meaning', () => {
  const all = SAME_MEANING.flat();
  expect(all.filter((word, at) => all.indexOf(word) !== at)).toEqual([]);
  const heads = new Set(SAME_MEANING.map(([head]) => head));
  for (const word of [...Object.keys(KINDS), ...Object.values(KINDS).flat()]) {
    if (all.includes(word)) expect(heads).toContain(word);
  }
});

test('docs/kinds.md lists the table', async () => {
  const page = await readFile(path.join(import.meta.dirname, '../../../docs/kinds.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (?!word|---)(.*) \|$/gm)].map(([, row]) => row);
  expect(rows).toEqual(Object.keys(KINDS).map((kind) => `${kind} | ${wordsFor(kind).slice(1).join(', ')}`));
  const groups = [...page.matchAll(/^- (.*)$/gm)].map(([, group]) => group);
  expect(groups).toEqual(SAME_MEANING.filter(([word]) => !(word in KINDS)).map((words) => words.join(', ')));
});
