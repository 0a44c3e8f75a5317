import { open, readFile } from 'node:fs/promises';
import { TrackError } from '../errors.ts';
import { TRACK_FORMATS } from './formats.ts';
import type { ParsedTrack } from './parse-cues.ts';
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

/** As much of a file as format detection reads, so that a film is not read to its end. */
const HEAD_BYTES = 65_536;

function detect(text: string): TrackFormat | undefined {
  return TRACK_FORMATS.find((format) => 'reader' in format && format.reader.detect(text));
}

/** Parses a track in any format that has a reader; undefined where it is none of them. */
export function parseTrack(text: string): ReadTrack | undefined {
  const format = detect(text);
  const parsed = format?.reader?.parse(text);
  return format === undefined || parsed === undefined ? undefined : { format: format.name, ...parsed };
}

/** Decodes UTF-8, UTF-16 with a byte order mark, and otherwise Windows-1252, which old subtitle editors write. */
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

async function readHead(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a WebVTT or SubRip file, whatever wrote it. An empty `.srt` is a track without cues. Throws `not-a-track` where
 * the file is something else, or the system's error where it cannot be read.
 */
export async function readTrack(file: string): Promise<ReadTrack> {
  const head = decode(await readHead(file));
  if (head.trim() === '' && /\.srt$/i.test(file)) return { format: 'srt', cues: [], invalid: [] };
  const plausible = !head.includes('\0') && detect(head) !== undefined;
  const track = plausible ? parseTrack(decode(await readFile(file))) : undefined;
  if (track !== undefined) return track;
  throw new TrackError('not-a-track', `"${file}" is not a WebVTT or SubRip track`);
}
