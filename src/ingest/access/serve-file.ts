import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type RegularFile, readAt } from '../../core/regular-file.ts';
import { beginsPlaylist, PLAYLIST_LIMITS, PlaylistError, playlistText } from './playlist.ts';

const PEEKED_BYTES = 4096;
/** A playlist may begin behind ID3 tags of this size. */
const TAGGED_BYTES = 2 ** 20 + PEEKED_BYTES;

/** True where ffmpeg would read an open file as an HLS playlist. */
export async function isPlaylistFile({ handle }: RegularFile): Promise<boolean> {
  const known = beginsPlaylist(await readAt(handle, PEEKED_BYTES, 0));
  return known ?? beginsPlaylist(await readAt(handle, TAGGED_BYTES, 0)) ?? false;
}

/**
 * Answers a request with an open file, or with the part of it that is asked for. A playlist is answered as a whole.
 * @param rewrite changes the text of a playlist
 */
export async function serveFile(
  file: RegularFile,
  request: IncomingMessage,
  response: ServerResponse,
  rewrite: (text: string) => string,
): Promise<void> {
  const { handle, size } = file;
  if (await isPlaylistFile(file)) {
    if (size > PLAYLIST_LIMITS.bytes) {
      throw new PlaylistError(`it is longer than ${PLAYLIST_LIMITS.bytes / 2 ** 20} MiB`);
    }
    const text = rewrite(playlistText(await readAt(handle, size, 0)));
    response.writeHead(200, { 'content-length': Buffer.byteLength(text) }).end(text);
    return;
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = Math.min(range?.[2] ? Number(range[2]) : size - 1, size - 1);
  if (range !== null && start >= size) {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  response.writeHead(range === null ? 200 : 206, {
    'accept-ranges': 'bytes',
    'content-length': Math.max(0, end - start + 1),
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (size === 0) response.end();
  else await pipeline(handle.createReadStream({ start, end, autoClose: false }), response);
}
