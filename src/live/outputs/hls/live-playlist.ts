/** A segment, as a playlist lists it. Times in milliseconds. */
export interface PlaylistEntry {
  readonly name: string;
  /** Since 1970. */
  readonly start: number;
  readonly duration: number;
  readonly discontinuity: boolean;
}

/** A live playlist (RFC 8216, 4.3.3). */
export interface LivePlaylist {
  /** Number of the first entry. */
  readonly sequence: number;
  /** Discontinuities before the first entry. */
  readonly discontinuities: number;
  readonly entries: readonly PlaylistEntry[];
  /** No further entry will follow. */
  readonly ended: boolean;
}

/** `captions-42-1795812600000.vtt`: number and start, so that no name is ever used twice. */
export function segmentFile(sequence: number, start: number): string {
  return `captions-${sequence}-${start}.vtt`;
}

/** The number in the name of a segment; undefined for any other file. */
export function sequenceOf(name: string): number | undefined {
  const [, number] = /^captions-(\d+)-\d+\.vtt$/.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** @param target greatest length of a segment, in milliseconds */
export function renderPlaylist({ sequence, discontinuities, entries, ended }: LivePlaylist, target: number): string {
  const items = entries.map(
    ({
      name,
      start,
      duration,
      discontinuity,
    }) => `${discontinuity ? '#EXT-X-DISCONTINUITY\n' : ''}#EXT-X-PROGRAM-DATE-TIME:${new Date(start).toISOString()}
#EXTINF:${(duration / 1000).toFixed(3)},
${name}
`,
  );
  return `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:${Math.max(1, Math.round(target / 1000))}
#EXT-X-MEDIA-SEQUENCE:${sequence}
#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuities}
${items.join('')}${ended ? '#EXT-X-ENDLIST\n' : ''}`;
}

/** Reads a playlist of {@link renderPlaylist}; undefined for any other text. */
export function parsePlaylist(text: string): LivePlaylist | undefined {
  const lines = text.split('\n');
  const numberOf = (tag: string): number =>
    Number(lines.find((line) => line.startsWith(`${tag}:`))?.slice(tag.length + 1) ?? Number.NaN);
  const sequence = numberOf('#EXT-X-MEDIA-SEQUENCE');
  const discontinuities = numberOf('#EXT-X-DISCONTINUITY-SEQUENCE');
  if (lines[0] !== '#EXTM3U' || !Number.isInteger(sequence) || !Number.isInteger(discontinuities)) return undefined;
  const entries: PlaylistEntry[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, when] = /^#EXT-X-PROGRAM-DATE-TIME:(.+)$/.exec(lines[at] ?? '') ?? [];
    if (when === undefined) continue;
    const [, seconds] = /^#EXTINF:([\d.]+),$/.exec(lines[at + 1] ?? '') ?? [];
    const name = lines[at + 2] ?? '';
    const start = Date.parse(when);
    if (seconds === undefined || Number.isNaN(start) || sequenceOf(name) === undefined) return undefined;
    const discontinuity = lines[at - 1] === '#EXT-X-DISCONTINUITY';
    entries.push({ name, start, duration: Math.round(Number(seconds) * 1000), discontinuity });
  }
  return { sequence, discontinuities, entries, ended: lines.includes('#EXT-X-ENDLIST') };
}
