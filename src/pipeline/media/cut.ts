import type { FfmpegCommand } from 'fluent-ffmpeg';
import { z } from 'zod';
import type { Micros } from '../../core/types.ts';
import { IngestError } from '../../ingest/errors.ts';
import { findFfmpeg } from '../../ingest/ffmpeg/find-ffmpeg.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import { runFfprobe } from '../../ingest/probe/ffprobe.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { decodesInParts } from '../../ingest/probe/packet-times.ts';
import { listStreams } from '../../ingest/probe/streams.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { MP4_AUDIO_CODECS, MP4_VIDEO_CODECS, mp4VideoTag, muxerOptions, X264 } from './containers.ts';
import { encodeOptions } from './encode.ts';
import { requireOneClock } from './one-clock.ts';

/** A copied clip whose first frame is later than this has missed its start. */
const TOLERANCE: Micros = 100_000;
/** Where the video is re-encoded, decoding starts this much earlier. Recorders write key frames more often than that. */
const PREROLL: Micros = 20_000_000;

/** A part of a recording. */
export interface Cut {
  /** Microseconds from the container's start. */
  readonly from: Micros;
  readonly length: Micros;
  /** When `from` was recorded, in milliseconds since 1970. Written to the clip's metadata. */
  readonly recorded: number;
}

/** How a clip was made from its recording. */
export type CutWay = 'copied' | 'encoded';

const Packets = z.object({
  packets: z.array(z.object({ pts_time: z.string().optional(), flags: z.string().default('') })).default([]),
});

/** The time of a clip's first visible frame, and whether the clip starts with a key frame. */
async function firstFrame(clip: string, signal: AbortSignal): Promise<{ time: number; key: boolean } | undefined> {
  const source: Source = { kind: 'file', input: clip, name: clip, label: clip };
  const query = ['-select_streams', 'v:0', '-show_entries', 'packet=pts_time,flags'];
  const { packets } = await runFfprobe(source, query, Packets, signal);
  // Packets outside the edit list (flag D) are decoded but not shown.
  const times = packets.filter(({ flags }) => !flags.includes('D')).map(({ pts_time }) => Number(pts_time ?? 0));
  if (times.length === 0) return undefined;
  return { time: Math.min(...times) * 1e6, key: packets[0]?.flags.startsWith('K') === true };
}

const seconds = (time: Micros): string => (time / 1e6).toFixed(6);

/**
 * Cuts a clip out of a recording into an MP4 that starts with the frame at `from`, or the next one. The video is copied
 * where that gives an exact start: the frames from the previous key frame on are then in the file as well, hidden by an
 * edit list. It is re-encoded where MP4 does not hold the codec, where packets have no presentation times, or where ffmpeg
 * cannot seek to the key frame (it seeks badly in transport streams). `target` is written directly: pass a temp file.
 * Throws `write-failed` (also where the recording has no frame there), `aborted`.
 */
export async function cutClip(
  source: Source,
  media: MediaInfo,
  { from, length, recorded }: Cut,
  target: string,
  signal: AbortSignal,
): Promise<CutWay> {
  requireOneClock(source, media);
  const streams = await listStreams(source, signal);
  const audio = streams.filter(({ kind, codec }) => kind === 'audio' && codec !== null);
  const audioCodec = audio.every(({ codec }) => MP4_AUDIO_CODECS.has(codec ?? '')) ? 'copy' : 'aac';
  const common = [
    ...['-t', seconds(length), '-map', `0:${media.stream}`, ...audio.flatMap(({ index }) => ['-map', `0:${index}`])],
    ...['-c:a', audioCodec],
    ...['-map_metadata', '0', '-metadata', `creation_time=${new Date(recorded).toISOString()}`],
    ...muxerOptions('mp4'),
  ];
  const doing = 'cutting a clip out of';
  const advice = 'check that the disk has room for it, and that the recording plays at that time.';
  const run = (inputOptions: readonly string[], outputOptions: readonly string[]): Promise<void> => {
    const build = (command: FfmpegCommand): FfmpegCommand =>
      command
        .outputOptions(...[...outputOptions, ...common])
        .format('mp4')
        .output(`file:${target}`);
    return runFfmpeg(source, { doing, advice, inputOptions, build }, signal);
  };

  const ordered = decodesInParts(media);
  if (ordered && MP4_VIDEO_CODECS.has(media.codec)) {
    await run(from === 0 ? [] : ['-ss', seconds(from)], ['-c:v', 'copy', ...mp4VideoTag(media.codec)]);
    const first = await firstFrame(target, signal);
    const expected = Math.max(0, media.videoStart - media.start - from);
    if (first?.key === true && first.time <= expected + TOLERANCE) return 'copied';
  }
  // A raw stream has no length, and ffmpeg cannot seek in it; where a clock starts again, a seek would find the wrong part.
  const preroll = media.duration === null || (media.times.stamped && !ordered) ? from : Math.min(from, PREROLL);
  const encode = encodeOptions({ ...media, hdr: false }, await findFfmpeg(), X264, { ordered: false });
  await run(from === preroll ? [] : ['-ss', seconds(from - preroll)], [
    ...(preroll === 0 ? [] : ['-ss', seconds(preroll)]),
    ...encode,
  ]);
  if ((await firstFrame(target, signal)) === undefined) {
    throw new IngestError(
      'write-failed',
      `"${source.label}" has no frame at ${seconds(from)} s: there is nothing to cut out.`,
    );
  }
  return 'encoded';
}
