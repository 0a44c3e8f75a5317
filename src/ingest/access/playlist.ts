/** Limits that keep a hostile playlist from using up memory, network or time. */
export const PLAYLIST_LIMITS = {
  /** A playlist of a day of two-second segments has 4 MiB. */
  bytes: 16 * 2 ** 20,
  /** All playlists that one source reads, reloads of a live one included. */
  totalBytes: 512 * 2 ** 20,
  /** A master playlist, its media playlists, and one level more. */
  depth: 3,
  /** Different playlists of one source: qualities, languages, subtitles. */
  playlists: 200,
  /** Entries of one playlist. */
  entries: 200_000,
  /** Characters of an address. */
  address: 8192,
} as const;

const HEADER = '#EXTM3U';
/** ID3 tags are looked behind up to here. ffmpeg gives up before. */
const MOST_TAGS = 2 ** 20;
const TAG_HEAD = 10;

/** A playlist that is not read, with the reason. */
export class PlaylistError extends Error {}

/**
 * Position of the first byte after the ID3 tags at the start of a file, which ffmpeg skips before it detects the format; undefined where `head`
 * ends inside them.
 */
function endOfTags(head: Buffer): number | undefined {
  let at = 0;
  while (head.toString('latin1', at, at + 3) === 'ID3') {
    const tag = head.subarray(at, at + TAG_HEAD);
    if (tag.length < TAG_HEAD) return undefined;
    const size = tag.subarray(6).reduce((sum, byte) => sum * 128 + (byte & 127), 0);
    at += TAG_HEAD + size + ((tag[5] ?? 0) & 16 ? TAG_HEAD : 0);
    if (at >= head.length) return at > MOST_TAGS ? at : undefined;
  }
  return at;
}

/** Whether bytes are the start of an HLS playlist as ffmpeg detects it; undefined where more of them are needed. */
export function beginsPlaylist(head: Buffer): boolean | undefined {
  const at = endOfTags(head);
  if (at === undefined) return undefined;
  const begin = head.toString('latin1', at, at + HEADER.length);
  if (begin.length < HEADER.length && HEADER.startsWith(begin)) return undefined;
  return begin === HEADER;
}

/** The text of a playlist, without the tags before it. */
export function playlistText(bytes: Buffer): string {
  return bytes.subarray(endOfTags(bytes)).toString('utf8');
}

/**
 * Replaces every address in a playlist: its lines that are not tags, and the URI attributes of tags.
 * @param replace gives the new address; throws where the entry may not be read
 * @throws PlaylistError for a playlist beyond the limits
 */
export function rewritePlaylist(text: string, replace: (entry: string, tag: string | undefined) => string): string {
  if (text.includes('\0')) throw new PlaylistError('it contains characters that are not allowed in a playlist');
  const lines = text.split(/\r\n|\n|\r/);
  let entries = 0;
  const checked = (entry: string, tag: string | undefined): string => {
    entries += 1;
    if (entries > PLAYLIST_LIMITS.entries)
      throw new PlaylistError(`it has more than ${PLAYLIST_LIMITS.entries} entries`);
    if (entry.length > PLAYLIST_LIMITS.address) throw new PlaylistError('it has addresses that are too long');
    return replace(entry, tag);
  };
  return lines
    .map((line) => {
      if (line === '') return line;
      if (!line.startsWith('#')) return checked(line, undefined);
      const tag = /^#[\w-]+/.exec(line)?.[0] ?? '#';
      return line.replace(
        /\bURI=(?:"([^"]*)"?|([^,\s]*))/gi,
        (_, quoted: string | undefined, plain: string | undefined) => `URI="${checked(quoted ?? plain ?? '', tag)}"`,
      );
    })
    .join('\n');
}
