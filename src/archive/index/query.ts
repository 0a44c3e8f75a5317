import { ArchiveError } from '../errors.ts';

/**
 * What a user typed as a question to the full-text index: all words, in any order and stemmed; what stands in quotes as a
 * phrase. Nothing that is typed has another meaning to the index: every word goes there quoted. Throws `nothing-to-search`
 * where there is no letter or digit in it.
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
