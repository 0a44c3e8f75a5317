import { ArchiveError } from '../errors.ts';

/**
 * The full-text query for what a user typed: all words, stemmed and in any order; quoted text as a phrase. Every word is
 * passed on in quotes, so no input has a special meaning. Throws `nothing-to-search` where it has no letter or digit.
 */
export function toMatch(typed: string, camera?: string): string {
  const phrases = [...typed.replaceAll('\0', ' ').matchAll(/["“”„«»]([^"“”„«»]*)["“”„«»]|([^\s"“”„«»]+)/gu)]
    .map(([, phrase, word]) => (phrase ?? word ?? '').trim())
    .filter((phrase) => /[\p{L}\p{N}]/u.test(phrase));
  if (phrases.length === 0) {
    throw new ArchiveError(
      'nothing-to-search',
      `"${typed}" has no word in it: give one or more, such as "dog near gate"`,
    );
  }
  const words = [...new Set(phrases)].map((phrase) => `"${phrase}"`).join(' ');
  return camera === undefined ? `text : (${words})` : `(text : (${words})) AND camera : "${camera}"`;
}
