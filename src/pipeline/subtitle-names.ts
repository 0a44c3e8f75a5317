import path from 'node:path';
import { languageTag } from '../core/language.ts';
import { type FormatName, trackFormat } from './formats/formats.ts';

/** How media servers and players mark a file: for the hard of hearing, foreign parts only, and what means nothing here. */
const HARD_OF_HEARING: ReadonlySet<string> = new Set(['sdh', 'cc', 'hi']);
const FORCED: ReadonlySet<string> = new Set(['forced', 'foreign']);
const PLAIN: ReadonlySet<string> = new Set(['default', 'full', 'sub', 'subs', 'subtitle', 'subtitles', 'captions']);
/** Tracks of something other than speech. */
const NOT_SPEECH =
  /^(?:thumbnails?|thumbs?|sprites?|storyboards?|previews?|timeline|chapters?|metadata|descriptions?|ad)$/;

/** What the name of a subtitle file says. */
export interface SubtitleName {
  /** BCP 47; undefined where the name has none. */
  readonly language?: string;
  readonly hardOfHearing: boolean;
  /** Translates foreign parts only. */
  readonly forced: boolean;
  /** False for thumbnails, chapters and the like. */
  readonly speech: boolean;
  /** A part of the name is none of these. */
  readonly unknown: boolean;
}

const ENGLISH_NAMES = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
const LANGUAGES = new Map(
  'en de fr es it pt nl sv da no fi pl cs sk hu ro bg el tr ru uk ar he hi th vi id ms zh ja ko'
    .split(' ')
    .map((tag) => [ENGLISH_NAMES.of(tag)?.toLowerCase() ?? tag, tag] as const),
);

function languageOf(part: string): string | undefined {
  if (!/^[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*$/i.test(part)) return LANGUAGES.get(part.toLowerCase());
  const tag = languageTag(part.replaceAll('_', '-'));
  return tag === undefined || ENGLISH_NAMES.of(tag) === undefined ? undefined : tag;
}

/**
 * Reads the name of a subtitle file of the video `stem`, in the ways that Plex, Jellyfin, Kodi and VLC know: `film.srt`,
 * `film.en.srt`, `film.pt-BR.forced.srt`, `film.en.sdh.srt`, `film.cc.vtt`. Undefined for any other file.
 */
export function subtitleName(name: string, stem: string): SubtitleName | undefined {
  const ending = /\.(?:vtt|srt)$/i.exec(name)?.[0];
  if (ending === undefined || !name.startsWith(`${stem}.`)) return undefined;
  const parts = name.slice(stem.length, -ending.length).split('.').slice(1);
  let found: SubtitleName = { hardOfHearing: false, forced: false, speech: true, unknown: false };
  for (const part of parts) {
    const word = part.toLowerCase();
    // Alone, `hi` is Hindi; after a language it is "hearing impaired".
    const isLanguage =
      found.language === undefined && !(HARD_OF_HEARING.has(word) && (parts.length > 1 || word !== 'hi'));
    const language = isLanguage && !NOT_SPEECH.test(word) && !PLAIN.has(word) ? languageOf(part) : undefined;
    if (language !== undefined) found = { ...found, language };
    else if (HARD_OF_HEARING.has(word)) found = { ...found, hardOfHearing: true };
    else if (FORCED.has(word)) found = { ...found, forced: true };
    else if (NOT_SPEECH.test(word)) found = { ...found, speech: false };
    else if (!PLAIN.has(word) && !/^\d{1,2}$/.test(word)) found = { ...found, unknown: true };
  }
  // Two unknown parts are the name of another video.
  return found.unknown && parts.length > 1 ? undefined : found;
}

/** A sort key of the files of one video: the language of the captions first, whole tracks before forced ones. */
export function subtitleRank(name: string, found: SubtitleName): string {
  const { language, forced, hardOfHearing, unknown } = found;
  const order = language === undefined ? (unknown ? 3 : 0) : /^en\b/.test(language) ? 1 : 2;
  const vtt = path.extname(name).toLowerCase() === '.vtt' ? 0 : 1;
  return [forced ? 1 : 0, order, hardOfHearing ? 1 : 0, vtt, name].join(' ');
}

/** The language (BCP 47) that the name of a track says, whatever its video: `film.de.forced.srt`. Undefined for none. */
export function languageOfTrack(file: string): string | undefined {
  const name = path.basename(file);
  const stem = name.split('.')[0] ?? '';
  const parts = name.slice(stem.length, -path.extname(name).length).split('.').slice(1);
  // The last parts belong to the track; earlier ones may be the video's.
  for (const part of parts.reverse()) {
    const found = subtitleName(`x.${part}.srt`, 'x');
    if (found?.language !== undefined) return found.language;
    if (found?.unknown === true) return undefined;
  }
  return undefined;
}

/** Formats whose files players look for beside a film, by its name and a language. */
const SIDECARS: ReadonlySet<FormatName> = new Set(['vtt', 'srt', 'ass', 'ttml']);

/** How the name of a track ends: with the language (BCP 47) that the user named, where players look for it: `de.srt`, else `srt`. */
export function trackEnding(format: FormatName, language: string | undefined): string {
  const { extension } = trackFormat(format);
  return language !== undefined && SIDECARS.has(format) ? `${language}.${extension}` : extension;
}
