import { open } from 'node:fs/promises';
import path from 'node:path';
import { GuardError } from './errors.ts';

/** A playlist of a day of two-second segments has 4 MiB. */
const MOST_BYTES = 16 * 2 ** 20;
/** ffmpeg truncates longer lines, and would then open another file than the checked one. */
const MOST_CHARACTERS = 2000;
/** A master playlist, its media playlists, and one level more. */
const MOST_DEPTH = 3;
const HEADER = '#EXTM3U';

/** The first bytes of a file after its ID3 tags, which ffmpeg skips before it detects the format. */
async function firstBytes(file: string, bytes: number): Promise<string> {
  const handle = await open(file);
  try {
    const read = async (at: number, count: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, at);
      return buffer.subarray(0, bytesRead);
    };
    let at = 0;
    for (let tag = await read(0, 10); tag.toString('latin1', 0, 3) === 'ID3'; tag = await read(at, 10)) {
      const size = tag.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0);
      at += 10 + size + ((tag[5] ?? 0) & 16 ? 10 : 0);
    }
    return (await read(at, bytes)).toString('latin1');
  } finally {
    await handle.close();
  }
}

/** True where ffmpeg would read a file as an HLS playlist. */
export async function isPlaylist(file: string): Promise<boolean> {
  return (await firstBytes(file, HEADER.length)) === HEADER;
}

function refusedPlaylist(file: string, what: string): GuardError {
  return new GuardError('path-not-allowed', `the playlist ${file} may not be read by this service: ${what}`);
}

/** The files and addresses in a playlist: its lines that are not tags, and the URI attributes of tags. */
function entriesOf(file: string, text: string): string[] {
  if (text.length > MOST_BYTES) throw refusedPlaylist(file, `it is longer than ${MOST_BYTES / 2 ** 20} MiB`);
  if (/[\0\\]/.test(text)) throw refusedPlaylist(file, 'it has characters that no playlist needs');
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== '');
  if (lines.some((line) => line.length > MOST_CHARACTERS))
    throw refusedPlaylist(file, 'it has lines that are too long');
  return lines.flatMap((line) =>
    line.startsWith('#')
      ? [...line.matchAll(/\bURI=(?:"([^"]*)"?|([^,\s]*))/gi)].map(([, quoted, plain]) => quoted ?? plain ?? '')
      : [line],
  );
}

/**
 * Checks an HLS playlist in a file, and the playlists in it, because ffmpeg opens everything that they list.
 * @param allowed returns the real path of an allowed file, undefined where it does not exist, and throws for anything else
 * @throws GuardError, also for a playlist that lists addresses: such a playlist can only be read by URL
 */
export async function checkPlaylist(
  file: string,
  allowed: (entry: string) => Promise<string | undefined>,
  depth = 1,
): Promise<void> {
  if (depth > MOST_DEPTH) throw refusedPlaylist(file, 'it is nested too deep');
  for (const entry of new Set(entriesOf(file, await firstBytes(file, MOST_BYTES + 1)))) {
    if (/^\s*[a-z][a-z\d+.-]*:/i.test(entry)) {
      throw refusedPlaylist(
        file,
        `it names the address ${entry.slice(0, 100)}; only files beside it are followed from there`,
      );
    }
    const real = await allowed(path.resolve(path.dirname(file), entry));
    if (real !== undefined && (await isPlaylist(real))) await checkPlaylist(real, allowed, depth + 1);
  }
}
