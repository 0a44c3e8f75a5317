import { iso6392, iso6392TTo2B } from 'iso-639-2';

/** Terminological three-letter code -> bibliographic one, where they differ. */
const BIBLIOGRAPHIC: Readonly<Record<string, string>> = iso6392TTo2B;

/** Two-letter code -> terminological three-letter code. */
const THREE_LETTERS = new Map(
  iso6392.flatMap(({ iso6391, iso6392T, iso6392B }) => {
    return iso6391 === undefined ? [] : [[iso6391, iso6392T ?? iso6392B] as const];
  }),
);

/** The canonical form of a language tag (BCP 47): `en`, `pt-BR`, `de` for `ger`. Undefined where `text` is not one. */
export function languageTag(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text)[0];
  } catch {
    return undefined;
  }
}

/** Bibliographic codes in QuickTime's list of languages; for all others it has the terminological one. */
const MACINTOSH: ReadonlySet<string> = new Set([
  'ger',
  'dut',
  'gre',
  'ice',
  'chi',
  'alb',
  'mac',
  'arm',
  'geo',
  'per',
  'tib',
  'bur',
  'may',
  'wel',
  'baq',
]);

/**
 * The three-letter code by which containers name the language of a canonical tag: terminological (`deu`, as in MP4),
 * bibliographic (`ger`, as in Matroska) or as in QuickTime (`ger`, but `fra`). `und` where there is none.
 */
export function threeLetters(tag: string, edition: 'terminological' | 'bibliographic' | 'macintosh'): string {
  const language = tag.split('-')[0] ?? '';
  const code = THREE_LETTERS.get(language) ?? (/^[a-z]{3}$/.test(language) ? language : 'und');
  const bibliographic = BIBLIOGRAPHIC[code] ?? code;
  if (edition === 'macintosh') return MACINTOSH.has(bibliographic) ? bibliographic : code;
  return edition === 'bibliographic' ? bibliographic : code;
}
