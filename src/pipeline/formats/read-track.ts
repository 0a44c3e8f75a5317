import { readRegular, readWhole } from '../../core/regular-file.ts';
import { TrackError } from '../errors.ts';
import { TRACK_FORMATS } from './formats.ts';
import type { ParsedTrack } from './parse-cues.ts';
import { decodeText } from './text-encoding.ts';
import type { TrackFormat } from './track-format.ts';

/**
 * A track that was read from a file. Hand-written parsers, not subsrt-ts: that one drops SubRip cues whose text has an
 * empty line, reads `3.5` s as 3.005 s, leaves character references in place, and reports neither cues with invalid
 * times nor line numbers, both of which `check` needs.
 */
export interface ReadTrack extends ParsedTrack {
  /** Name of its format. */
  readonly format: string;
}

/** A track that was read from a file, and how its bytes were decoded. */
export interface TrackFile extends ReadTrack {
  /** Such as `utf-8` or `windows-1251`. */
  readonly encoding: string;
  /** True where the encoding was detected by statistics. */
  readonly guessed: boolean;
}

/** As much of a file as format detection reads, so that a film is not read to its end. */
const HEAD_BYTES = 65_536;
/** A track of a day of speech has one MiB. */
const MOST_BYTES = 256 * 2 ** 20;

/** Formats of tracks that are written, and not read. */
const WRITTEN_ONLY = /\.(ttml|dfxp|ass|ssa|xml|txt|jsonl?)$/i;

function detect(text: string): TrackFormat | undefined {
  return TRACK_FORMATS.find((format) => 'reader' in format && format.reader.detect(text));
}

/** Parses a track in any format that has a reader; undefined where it is none of them. */
export function parseTrack(text: string): ReadTrack | undefined {
  const format = detect(text);
  const parsed = format?.reader?.parse(text);
  return format === undefined || parsed === undefined ? undefined : { format: format.name, ...parsed };
}

/**
 * Reads a WebVTT or SubRip file, whatever wrote it, in whatever encoding. An empty `.srt` is a track without cues. Throws
 * `not-a-track` where the file is something else, or the system's error where it cannot be read.
 * @param encoding of the file, where it is known: it is detected otherwise
 */
export async function readTrack(file: string, { encoding }: { readonly encoding?: string } = {}): Promise<TrackFile> {
  const head = decodeText(await readRegular(file, HEAD_BYTES), encoding);
  if (head.text.trim() === '' && /\.srt$/i.test(file)) {
    return { format: 'srt', cues: [], invalid: [], encoding: head.encoding, guessed: head.guessed };
  }
  const plausible = !head.text.includes('\0') && detect(head.text) !== undefined;
  if (plausible) {
    const decoded = decodeText(await readWhole(file, MOST_BYTES), encoding);
    const track = parseTrack(decoded.text);
    if (track !== undefined) return { ...track, encoding: decoded.encoding, guessed: decoded.guessed };
  }
  throw new TrackError(
    'not-a-track',
    `"${file}" is not a WebVTT or SubRip track${WRITTEN_ONLY.test(file) ? ', the formats that are read: use the .vtt or .srt of the same captions' : ''}`,
  );
}

/** What a user should know of the encoding of a track; undefined where the file says it itself. */
export function encodingNote(file: string, { encoding, guessed }: TrackFile): string | undefined {
  return guessed
    ? `${file} is not UTF-8 and was read as ${encoding}: where that is wrong, name another with --subtitle-encoding`
    : undefined;
}
