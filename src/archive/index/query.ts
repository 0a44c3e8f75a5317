import { wordsFor } from '../../core/lexicon/lexicon.ts';
import { TEXT_PREFIX } from '../../pipeline/screen-text/announcement.ts';
import { ArchiveError } from '../errors.ts';

/** Marks before and after a word. */
const MARKS = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** `text:` before a word or a phrase: only text in the picture is searched. */
const ON_SCREEN = /(^|\s)text:(?=["“”„«»]?[\p{L}\p{N}])/giu;

/** How a query is read. */
export interface QueryOptions {
  /** Search for the words as they are: `person` does not find a man. */
  readonly exact?: boolean | undefined;
}

/** How a query of the index is read. */
export interface IndexQueryOptions extends QueryOptions {
  /** Only cues of this camera. */
  readonly camera?: string;
}

/**
 * The full-text query for what a user typed: all words, stemmed, in any order, and for each word also the words for its kinds (see
 * `wordsFor`); quoted text as a phrase; `text:"exit 3"` in text in the picture only. Every word is passed on in quotes, so no input has a special meaning. Throws
 * `nothing-to-search` where it has no letter or digit.
 */
export function toMatch(typed: string, { exact = false, camera }: IndexQueryOptions = {}): string {
  const searched = typed.replace(ON_SCREEN, '$1');
  const onScreen = searched !== typed;
  const parts = [...searched.replaceAll('\0', ' ').matchAll(/["“”„«»]([^"“”„«»]*)["“”„«»]|([^\s"“”„«»]+)/gu)]
    .map(([, phrase, word]) => ({ text: (phrase ?? word ?? '').trim(), quoted: phrase !== undefined }))
    .filter(({ text }) => /[\p{L}\p{N}]/u.test(text));
  if (parts.length === 0) {
    throw new ArchiveError(
      'nothing-to-search',
      `"${typed}" has no word in it: give one or more, such as "dog near gate"`,
    );
  }
  const terms = parts.map(({ text, quoted }) => {
    const words = exact || onScreen || quoted ? [text] : wordsFor(text.replace(MARKS, ''));
    return `(${words.map((word) => `"${word}"`).join(' OR ')})`;
  });
  if (onScreen) terms.push(`"${TEXT_PREFIX.replace(MARKS, '')}"`);
  const words = `(text : (${[...new Set(terms)].join(' AND ')}))`;
  return camera === undefined ? words : `${words} AND camera : "${camera}"`;
}
