import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../../../src/core/text/shell-word.ts';

test('a plain name stays as it is', () => {
  expect(shellWord('/home/a/guide-2/steps.json')).toBe('/home/a/guide-2/steps.json');
});

test.each(["it's", 'a b', '"$HOME" `id` \\ *?', '', 'é', '-\n-'])('a shell reads %j as it was', (name) => {
  expect(execFileSync('sh', ['-c', `printf %s ${shellWord(name)}`], { encoding: 'utf8' })).toBe(name);
});
