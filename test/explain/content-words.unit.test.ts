import { expect, test } from 'vitest';
import { bareWord, isContentWord, pairWords } from '../../src/explain/content-words.ts';

test('content words name what can be seen; the closed class does not', () => {
  const words = "A man and his 2 dogs' are sitting in front of the café , on a red-brown bench .".split(' ');
  expect(words.filter(isContentWord)).toEqual(['man', '2', "dogs'", 'sitting', 'front', 'café', 'red-brown', 'bench']);
  expect(bareWord('"Dogs,"')).toBe('dogs');
});

/** Pairs as `draft/final`, `=word` where both are the same. */
function paired(draft: string, final: string): string[] {
  const [a, b] = [draft.split(' '), final.split(' ')];
  return pairWords(a, b).map(({ draft: i, final: j, same }) => {
    const [left, right] = [i === undefined ? '' : a[i], j === undefined ? '' : b[j]];
    return same ? `=${left}` : `${left}/${right}`;
  });
}

test('words that stayed stand together; what was changed stands beside what it was changed to', () => {
  expect(paired('A man rides a bike', 'A boy rides a red bike')).toEqual([
    '=A',
    'man/boy',
    '=rides',
    '=a',
    '/red',
    '=bike',
  ]);
  expect(paired('Two men sit', 'Two men sit')).toEqual(['=Two', '=men', '=sit']);
  expect(paired('a dog , running', 'A dog runs')).toEqual(['=a', '=dog', ',/runs', 'running/']);
  expect(paired('a b c', 'x')).toEqual(['a/x', 'b/', 'c/']);
});

test('every word is in one pair, in order, and as many stay as can', () => {
  const words = ['a', 'b', 'c', 'd'];
  for (let seed = 0; seed < 200; seed++) {
    const list = (salt: number) =>
      Array.from({ length: (seed * 7 + salt) % 6 }, (_, i) => words[(seed * (i + salt) + i * i) % 4] ?? 'a');
    const [draft, final] = [list(3), list(5)];
    const pairs = pairWords(draft, final);
    expect(pairs.flatMap((pair) => pair.draft ?? [])).toEqual(draft.map((_, i) => i));
    expect(pairs.flatMap((pair) => pair.final ?? [])).toEqual(final.map((_, i) => i));
    for (const { draft: i, final: j, same } of pairs) if (same) expect(draft[i ?? -1]).toBe(final[j ?? -2]);
    // The longest common subsequence, by trying all of them.
    let longest = 0;
    for (let set = 0; set < 2 ** draft.length; set++) {
      const chosen = draft.filter((_, i) => (set >> i) & 1);
      let at = 0;
      for (const word of final) if (word === chosen[at]) at++;
      if (at === chosen.length) longest = Math.max(longest, at);
    }
    expect(pairs.filter(({ same }) => same)).toHaveLength(longest);
  }
});
