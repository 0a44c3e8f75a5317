import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { BundleError } from '../errors.ts';
import type { HubFolder } from './hub-folder.ts';

/** A model's tokenizer. */
export interface HubTokenizer {
  /** Token ids of a text in which special tokens may be written out. None are added. */
  encode(text: string): number[];
  /** A caption's text: special tokens left out, single spaces, trimmed, the first letter upper-cased. */
  captionOf(tokens: readonly number[]): string;
  /** The text with its special tokens. */
  rawText(tokens: readonly number[]): string;
  idOf(token: string): number | undefined;
}

/** Opens a model's tokenizer.json. Throws a BundleError `bundle-tokenizer`. */
export async function openHubTokenizer({ folder, tokenizerConfig }: HubFolder): Promise<HubTokenizer> {
  const file = join(folder, 'tokenizer.json');
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(JSON.parse(await readFile(file, 'utf8')), tokenizerConfig);
  } catch (cause) {
    throw new BundleError('bundle-tokenizer', `${file} cannot be loaded: get the model again.`, { cause });
  }
  const decode = (tokens: readonly number[], skip_special_tokens: boolean): string =>
    tokens.length === 0
      ? ''
      : tokenizer.decode([...tokens], { skip_special_tokens, clean_up_tokenization_spaces: false });
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    captionOf(tokens) {
      const text = decode(tokens, true)
        .replace(/\s+/gu, ' ')
        .trim()
        .replace(/\s*\.$/u, '');
      const [first = ''] = text;
      return first.toLocaleUpperCase('en') + text.slice(first.length);
    },
    rawText: (tokens) => decode(tokens, false),
    idOf: (token) => tokenizer.token_to_id(token),
  };
}
