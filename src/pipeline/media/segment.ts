import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FfmpegCommand } from 'fluent-ffmpeg';
import { z } from 'zod';
import { IngestError } from '../../ingest/errors.ts';
import { findFfmpeg } from '../../ingest/ffmpeg/find-ffmpeg.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import { runFfprobe } from '../../ingest/probe/ffprobe.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { codecStrings } from './codec-strings.ts';
import { MP4_AUDIO_CODECS, MP4_VIDEO_CODECS, mp4VideoTag, SEGMENT_ZERO, X264 } from './containers.ts';
import { encodeOptions } from './encode.ts';
import { requireOneClock } from './one-clock.ts';

/** Target duration of a segment, which ends at the next key frame: as Apple's HLS authoring specification asks. */
const SEGMENT_SECONDS = 6;

/**
 * No edit list, fragments with absolute times, no delay for B-frames: players based on Media Source Extensions parse each
 * fragment by itself, so this keeps audio and video in sync and the zero in place.
 */
const FRAGMENTS = 'movflags=+negative_cts_offsets+frag_discont:use_editlist=0';

const Answer = z.object({
  streams: z.array(z.object({ index: z.number(), codec_name: z.string().optional() })).default([]),
});

function refuse(label: string, what: string): IngestError {
  return new IngestError(
    'write-failed',
    `"${label}" cannot be copied into HLS: players do not support ${what} there; convert it to H.264 and AAC first, or use -f vtt.`,
  );
}

/**
 * The master playlist of one variant, whose media playlist is `playlist`. ffmpeg writes none where the container
 * (Matroska) lacks the bit rate, so the rates are computed from the segments: peak and mean (RFC 8216, 4.3.4.2).
 */
function masterPlaylist(
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
  // Optional; players check by it whether they can play the video.
  const codecList = codecs === undefined ? '' : `,CODECS="${codecs.join(',')}"`;
  return `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:${rates},RESOLUTION=${size}${codecList}\nvideo.m3u8\n`;
}

/** The initialisation section of the video file, as `playlist` gives its byte range. */
async function initialisationSection(playlist: string, video: string): Promise<Buffer> {
  const length = Number(/^#EXT-X-MAP:.*BYTERANGE="(\d+)@0"/m.exec(playlist)?.[1] ?? 0);
  const file = await open(video);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What {@link segmentVideo} wrote. */
export interface SegmentedVideo {
  /** The text of a master playlist, with URIs relative to the folder. */
  readonly master: string;
  /** What differs from the video, one clause each. */
  readonly notes: readonly string[];
}

/** Why the video is encoded rather than copied, one clause; undefined where it is copied. */
function reasonToEncode(media: MediaInfo, ordered: boolean): string | undefined {
  if (!ordered) return 'the video was encoded again, because its packets carry no presentation times';
  if (media.rotation === 0) return undefined;
  return 'the video was encoded again, upright, because HLS players do not agree on rotation';
}

/**
 * Writes a video into `folder` as HLS: one fragmented MP4 (`video.mp4`) and its media playlist (`video.m3u8`). The video
 * and the first audio stream are copied; a video that is rotated, or has no presentation times, is encoded. The
 * container's start is at {@link SEGMENT_ZERO}. Throws `write-failed` (also where HLS players do not support the codecs),
 * `aborted`.
 */
export async function segmentVideo(
  source: Source,
  media: MediaInfo,
  folder: string,
  signal: AbortSignal,
): Promise<SegmentedVideo> {
  if (media.container === 'picture') throw refuse(source.label, 'a picture');
  if (!MP4_VIDEO_CODECS.has(media.codec)) throw refuse(source.label, media.codec);
  requireOneClock(source, media);
  const { streams } = await runFfprobe(source, ['-select_streams', 'a', '-show_streams'], Answer, signal);
  const [audio] = streams;
  if (audio !== undefined && !MP4_AUDIO_CODECS.has(audio.codec_name ?? '')) {
    throw refuse(source.label, audio.codec_name ?? 'its audio codec');
  }
  const ordered = media.times.stamped;
  const why = reasonToEncode(media, ordered);
  const keys = ['-force_key_frames', `expr:gte(t,n_forced*${SEGMENT_SECONDS})`];
  const video =
    why === undefined
      ? mp4VideoTag(media.codec)
      : [...encodeOptions(media, await findFfmpeg(), X264, { ordered }), ...keys];
  const options = [
    ...['-map', `0:${media.stream}`, ...(audio === undefined ? [] : ['-map', `0:${audio.index}`]), '-c', 'copy'],
    ...video,
    // AAC from a transport stream has ADTS headers, which MP4 does not use; elsewhere this does nothing.
    ...(audio?.codec_name === 'aac' ? ['-bsf:a', 'aac_adtstoasc'] : []),
    ...['-output_ts_offset', String(SEGMENT_ZERO / 1e6), '-strict', 'experimental'],
    ...['-hls_time', String(SEGMENT_SECONDS), '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4'],
    ...['-hls_flags', 'single_file', '-hls_segment_options', FRAGMENTS],
    ...['-hls_segment_filename', 'video.mp4'],
  ];
  const build = (command: FfmpegCommand): FfmpegCommand =>
    command
      .outputOptions(...options)
      .format('hls')
      .output('video.m3u8');
  // ffmpeg expands % in the names that it gives to segments, so these are relative to the folder.
  const job = { doing: 'segmenting', advice: 'check that the disk has room for a copy.', build, folder };
  await runFfmpeg(source, job, signal);
  const playlist = await readFile(path.join(folder, 'video.m3u8'), 'utf8');
  const codecs = codecStrings(await initialisationSection(playlist, path.join(folder, 'video.mp4')));
  return { master: masterPlaylist(playlist, media, codecs), notes: why === undefined ? [] : [why] };
}
