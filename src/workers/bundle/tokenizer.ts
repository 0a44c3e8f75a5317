import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { BundleError } from '../errors.ts';
import type { Bundle } from './bundle.ts';

/** Turns token ids into a caption's text. */
export type Decode = (tokens: readonly number[]) => string;

/**
 * Opens a bundle's tokenizer.json.
 * @returns a function from token ids to text: special tokens left out, single spaces, trimmed, the first letter upper-cased
 * @throws BundleError `bundle-tokenizer`
 */
export async function openTokenizer(bundle: Bundle): Promise<Decode> {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(JSON.parse(await readFile(bundle.files.tokenizer, 'utf8')), {});
  } catch (cause) {
    throw new BundleError('bundle-tokenizer', `${bundle.files.tokenizer} cannot be loaded: fetch the bundle again.`, {
      cause,
    });
  }
  return (tokens) => {
    // Clean-up is for word-level tokenizers: it would change the spacing of byte-level text.
    const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
    const text =
      tokens.length === 0
        ? ''
        : tokenizer
            .decode([...tokens], options)
            .replace(/\s+/gu, ' ')
            .trim();
    const [first = ''] = text;
    return first.toLocaleUpperCase('en') + text.slice(first.length);
  };
}
