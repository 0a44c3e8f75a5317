import { iso6392, iso6392TTo2B } from 'iso-639-2';

/** Terminological three-letter code -> bibliographic one, where they differ. */
const BIBLIOGRAPHIC: Readonly<Record<string, string>> = iso6392TTo2B;

/** Two-letter code -> terminological three-letter code. */
const THREE_LETTERS = new Map(
  iso6392.flatMap(({ iso6391, iso6392T, iso6392B }) => {
    return iso6391 === undefined ? [] : [[iso6391, iso6392T ?? iso6392B] as const];
  }),
);

const ENGLISH_NAMES = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/** `english` -> `en`: the names of the languages of ISO 639-1, in English and in the language itself, in lower case. */
let names: ReadonlyMap<string, string> | undefined;

function languageNames(): ReadonlyMap<string, string> {
  names ??= new Map(
    iso6392.flatMap(({ iso6391: tag, name }) => {
      if (tag === undefined) return [];
      const own = new Intl.DisplayNames(tag, { type: 'language', fallback: 'none' }).of(tag);
      // `Spanish; Castilian` are two names, and `Greek, Modern (1453-)` has an addition.
      const listed = name.split(';').map((one) => one.replace(/[,(].*/, ''));
      return [ENGLISH_NAMES.of(tag), own, ...listed].flatMap((one) =>
        one === undefined ? [] : [[one.trim().toLowerCase(), tag] as const],
      );
    }),
  );
  return names;
}

/**
 * The canonical tag (BCP 47) of a language that a user names: `en`, `pt-BR`, `de` for `ger` and `German`. Undefined where it is no language
 * that is known.
 */
export function namedLanguageTag(text: string): string | undefined {
  const named = languageNames().get(text.trim().toLowerCase());
  if (named !== undefined) return named;
  const tag = languageTag(text.trim());
  if (tag === undefined) return undefined;
  const { language } = new Intl.Locale(tag);
  return language !== 'und' && /^[a-z]{2,3}$/.test(language) && ENGLISH_NAMES.of(language) !== undefined
    ? tag
    : undefined;
}

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
