import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundle, loadBundle } from '../../../src/workers/bundle/bundle.ts';
import { openTokenizer } from '../../../src/workers/bundle/tokenizer.ts';
import { buildTinyBundle, TEXTS } from '../../support/tiny-bundle.ts';

let home: string;
let bundle: Bundle;
let encode: (text: string) => number[];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'secondglance-tokenizer-'));
  bundle = await loadBundle(await buildTinyBundle(home));
  const tokenizer = new Tokenizer(JSON.parse(await readFile(bundle.files.tokenizer, 'utf8')), {});
  encode = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
});
afterAll(() => rm(home, { recursive: true, force: true }));

test('decoding gives back what was encoded, a token a word, with a capital first letter', async () => {
  const decode = await openTokenizer(bundle);
  for (const { text } of Object.values(TEXTS)) {
    const ids = encode(text.toLowerCase());
    expect(ids.length).toBe(text.split(' ').length);
    expect(decode(ids)).toBe(text);
  }
});

test('special tokens do not show, spaces are single and trimmed, and nothing stays nothing', async () => {
  const decode = await openTokenizer(bundle);
  const { pad, bos, eos, draft } = bundle.manifest.ids;
  expect(decode([draft, bos, ...encode(' red'), pad, ...encode(' wall'), eos])).toBe('Red wall');
  expect(decode([])).toBe('');
  expect(decode([eos])).toBe('');
});

test('a tokenizer.json that is none is refused by name', async () => {
  const damaged = await loadBundle(await buildTinyBundle(join(home, 'damaged'), { damage: 'tokenizer' }));
  await expect(openTokenizer(damaged)).rejects.toMatchObject({
    code: 'bundle-tokenizer',
    message: expect.stringContaining(join(home, 'damaged', 'tokenizer.json')),
  });
});
