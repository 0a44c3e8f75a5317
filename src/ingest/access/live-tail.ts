/** Segments of a live playlist that are read: a source starts with the newest one. */
const KEPT_SEGMENTS = 100;

const SEQUENCE = /^#EXT-X-MEDIA-SEQUENCE:\s*(\d+)/;
const DISCONTINUITIES = /^#EXT-X-DISCONTINUITY-SEQUENCE:\s*(\d+)/;
/** Tags about the whole playlist. */
const HEADER =
  /^#(?:EXTM3U|EXT-X-(?:VERSION|TARGETDURATION|PLAYLIST-TYPE|INDEPENDENT-SEGMENTS|ALLOW-CACHE|DEFINE|SERVER-CONTROL|PART-INF))\b/;
/** Tags that hold until the next one of their kind. */
const STICKY = /^#EXT-X-(?:KEY|MAP)\b/;

/**
 * The end of a media playlist of HLS: its header and its last hundred segments. Some servers list all of a day, and a live playlist is read every few
 * seconds: to rewrite it as a whole would take all of this process's time. Other playlists are left as they are.
 */
export function liveTail(text: string): string {
  // Without an offset, a byte range follows the one before.
  if (text.includes('#EXT-X-STREAM-INF') || text.includes('#EXT-X-BYTERANGE')) return text;
  const lines = text.split(/\r\n|\n|\r/);
  const segments = lines.flatMap((line, at) => (line === '' || line.startsWith('#') ? [] : [at]));
  const dropped = segments.length - KEPT_SEGMENTS;
  const last = segments[dropped - 1];
  if (last === undefined) return text;
  const before = lines.slice(0, last);
  const numberOf = (sign: RegExp): number => {
    const found = before.map((line) => sign.exec(line)?.[1]).find((number) => number !== undefined);
    return Number(found ?? 0);
  };
  const breaks = before.filter((line) => line.trim() === '#EXT-X-DISCONTINUITY').length;
  const sticky = new Map<string, string>();
  for (const line of before) {
    const [kind] = STICKY.exec(line) ?? [];
    if (kind !== undefined) sticky.set(kind, line);
  }
  return [
    ...before.filter((line) => HEADER.test(line)),
    `#EXT-X-MEDIA-SEQUENCE:${numberOf(SEQUENCE) + dropped}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${numberOf(DISCONTINUITIES) + breaks}`,
    ...sticky.values(),
    ...lines.slice(last + 1),
  ].join('\n');
}
