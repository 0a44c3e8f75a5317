import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Micros } from '../../core/types.ts';
import { IngestError } from '../../ingest/errors.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import { runFfprobe } from '../../ingest/probe/ffprobe.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { codecStrings } from './codec-strings.ts';

/**
 * Where the container's start lies on the clock of the segments. Players take no negative times, and B-frames and the
 * sound's priming samples come before the start: so everything is moved by the same ten seconds, and none by itself.
 */
export const SEGMENT_ZERO: Micros = 10_000_000;

/** Length that a segment should have; it ends at the next key frame. What Apple's authoring guide asks for. */
const SEGMENT_SECONDS = 6;
/** Codecs that HLS players know in fragmented MP4. */
const VIDEO_CODECS: ReadonlySet<string> = new Set(['h264', 'hevc', 'av1', 'vp9']);
const SOUND_CODECS: ReadonlySet<string> = new Set(['aac', 'mp3', 'ac3', 'eac3', 'alac', 'flac', 'opus']);

/**
 * - no edit list, fragments that keep their times, frames that are not put off by their B-frames: players of Media
 *   Source Extensions read each fragment for itself, so sound and pictures keep their distance, and the zero its place
 */
const FRAGMENTS = 'movflags=+negative_cts_offsets+frag_discont:use_editlist=0';

const Answer = z.object({
  streams: z.array(z.object({ index: z.number(), codec_name: z.string().optional() })).default([]),
});

function refuse(label: string, what: string): IngestError {
  return new IngestError(
    'write-failed',
    `"${label}" cannot be copied into HLS: ${what} is nothing that players take there; convert it to H.264 and AAC first, or ask for vtt.`,
  );
}

/**
 * The master playlist of one variant, `playlist`. ffmpeg would write one as well, but not where a container (Matroska)
 * does not tell the bit rate. So that is counted: the highest of any segment, and the mean (RFC 8216, 4.3.4.2).
 */
function masterOf(
  playlist: string,
  { width, height, rotation }: MediaInfo,
  codecs: readonly string[] | undefined,
): string {
  const segments = [...playlist.matchAll(/^#EXTINF:([\d.]+),.*\n#EXT-X-BYTERANGE:(\d+)/gm)].map((found) => ({
    seconds: Number(found[1]),
    bits: 8 * Number(found[2]),
  }));
  const sum = (of: (segment: (typeof segments)[number]) => number): number =>
    segments.reduce((total, segment) => total + of(segment), 0);
  const peak = Math.max(1, ...segments.map(({ bits, seconds }) => bits / Math.max(seconds, 0.001)));
  const mean = Math.max(
    1,
    sum(({ bits }) => bits) /
      Math.max(
        0.001,
        sum(({ seconds }) => seconds),
      ),
  );
  const size = rotation % 180 === 0 ? `${width}x${height}` : `${height}x${width}`;
  const rates = `BANDWIDTH=${Math.ceil(peak)},AVERAGE-BANDWIDTH=${Math.ceil(mean)}`;
  // Players ask by it whether they can play the video at all; they get along without.
  const told = codecs === undefined ? '' : `,CODECS="${codecs.join(',')}"`;
  return `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:${rates},RESOLUTION=${size}${told}\nvideo.m3u8\n`;
}

/** The part of the video's file that says what is in it, as `playlist` names it. */
async function initialisationOf(playlist: string, video: string): Promise<Buffer> {
  const length = Number(/^#EXT-X-MAP:.*BYTERANGE="(\d+)@0"/m.exec(playlist)?.[1] ?? 0);
  const file = await open(video);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Writes a video into `folder` as HLS: one file of fragmented MP4 (`video.mp4`), its playlist (`video.m3u8`), pictures
 * and the first sound copied as they are. The video's zero lies at {@link SEGMENT_ZERO}. Throws `write-failed` (also where
 * players would not take the codecs), `aborted`.
 * @returns the text of a master playlist; its addresses count from the folder
 */
export async function segmentVideo(
  source: Source,
  media: MediaInfo,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  if (media.container === 'picture') throw refuse(source.label, 'a picture');
  if (!VIDEO_CODECS.has(media.codec)) throw refuse(source.label, media.codec);
  const { streams } = await runFfprobe(source, ['-select_streams', 'a', '-show_streams'], Answer, signal);
  const [sound] = streams;
  if (sound !== undefined && !SOUND_CODECS.has(sound.codec_name ?? '')) {
    throw refuse(source.label, sound.codec_name ?? 'its sound');
  }
  const args = [
    ...['-map', `0:${media.stream}`, ...(sound === undefined ? [] : ['-map', `0:${sound.index}`]), '-c', 'copy'],
    // Players on Apple's systems know HEVC by this name only.
    ...(media.codec === 'hevc' ? ['-tag:v', 'hvc1'] : []),
    // From a transport stream AAC comes with headers that MP4 has no use for; elsewhere this does nothing.
    ...(sound?.codec_name === 'aac' ? ['-bsf:a', 'aac_adtstoasc'] : []),
    ...['-output_ts_offset', String(SEGMENT_ZERO / 1e6), '-strict', 'experimental', '-f', 'hls'],
    ...['-hls_time', String(SEGMENT_SECONDS), '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4'],
    ...['-hls_flags', 'single_file', '-hls_segment_options', FRAGMENTS],
    ...['-hls_segment_filename', path.join(folder, 'video.mp4'), path.join(folder, 'video.m3u8')],
  ];
  await runFfmpeg(
    source,
    { doing: 'cutting into segments of', advice: 'see that there is room for a copy.', args },
    signal,
  );
  const playlist = await readFile(path.join(folder, 'video.m3u8'), 'utf8');
  return masterOf(playlist, media, codecStrings(await initialisationOf(playlist, path.join(folder, 'video.mp4'))));
}
