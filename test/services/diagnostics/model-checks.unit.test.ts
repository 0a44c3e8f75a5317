import { expect, test } from 'vitest';
import { complaintAbout, looksLikeNoise } from '../../../src/services/diagnostics/model-checks.ts';

test.each([[''], ['the'], ['the the the the a the'], ['#$%& 0x3f ### 99 1.2.3'], ['<loc_12><loc_13> <unk>']])(
  '"%s" is noise',
  (text) => {
    expect(looksLikeNoise(text)).toBe(true);
  },
);

test('a plain caption is not', () => {
  expect(looksLikeNoise('A red ball on a green field')).toBe(false);
});

test('a model that loads and returns noise: words that its vision does not decide, or of which it is sure at all', () => {
  const ball = { text: 'A red ball on a green field', confidence: 0.4 };
  const wall = { text: 'A brick wall' };
  expect(complaintAbout(ball, wall)).toBeUndefined();
  // A broken vision graph: the language model writes the same of every picture.
  expect(complaintAbout(ball, ball)).toMatch(/does not see.*"A red ball/);
  // A broken decoder: every token is as likely as any other.
  expect(complaintAbout({ text: 'Floor Vietnam chair of', confidence: 0.0004 }, wall)).toMatch(/sure of nothing/);
  expect(complaintAbout({ text: 'of of of of of of', confidence: 0.9 }, wall)).toMatch(/says of a drawn picture/);
});
