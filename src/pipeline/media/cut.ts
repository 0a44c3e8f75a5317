import { z } from 'zod';
import type { Micros } from '../../core/types.ts';
import { IngestError } from '../../ingest/errors.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import { runFfprobe } from '../../ingest/probe/ffprobe.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { BURN_CONTAINERS } from './burn.ts';

/** What browsers and phones play in MP4. Cameras' own sound (G.711) is not among it. */
const VIDEO = new Set(['h264', 'hevc', 'av1', 'vp9']);
const SOUND = new Set(['aac', 'mp3', 'ac3', 'eac3', 'opus', 'alac', 'flac']);
/** A first picture that comes later than this after the cut is one that the cut has missed. */
const LATE: Micros = 100_000;
/** Where pictures are encoded anew, decoding begins so much earlier: recorders make a key frame more often than that. */
const LEAD: Micros = 20_000_000;

/** A part of a recording. */
export interface Cut {
  /** Track time: from the container's start on. */
  readonly from: Micros;
  readonly length: Micros;
  /** The moment (milliseconds since 1970) at which `from` was recorded: the clip says it, to the second. */
  readonly recorded: number;
}

/** How a clip was made of its recording. */
export type CutWay = 'copied' | 'encoded';

const Streams = z.object({
  streams: z.array(z.object({ codec_type: z.string().optional(), codec_name: z.string().optional() })).default([]),
});
const Packets = z.object({
  packets: z.array(z.object({ pts_time: z.string().optional(), flags: z.string().default('') })).default([]),
});

/** When the first picture of a clip is shown, and whether the clip begins with one that can be decoded by itself. */
async function firstPicture(clip: string, signal: AbortSignal): Promise<{ time: number; key: boolean } | undefined> {
  const source: Source = { kind: 'file', input: clip, name: clip, label: clip };
  const questions = ['-select_streams', 'v:0', '-show_entries', 'packet=pts_time,flags'];
  const { packets } = await runFfprobe(source, questions, Packets, signal);
  // What lies behind the edit list is there to be decoded and not to be shown.
  const times = packets.filter(({ flags }) => !flags.includes('D')).map(({ pts_time }) => Number(pts_time ?? 0));
  if (times.length === 0) return undefined;
  return { time: Math.min(...times) * 1e6, key: packets[0]?.flags.startsWith('K') === true };
}

const seconds = (time: Micros): string => (time / 1e6).toFixed(6);

/**
 * Cuts a part of a recording out into an MP4 that begins with the picture seen at `from`, or the next. Pictures are copied
 * where that gives an exact beginning: those from the key frame before it on are in the file too, behind an edit list, and
 * players do not show them. They are encoded anew where MP4 takes no such codec, or where the key frame cannot be reached
 * (ffmpeg seeks badly in transport streams). `target` is written straight: give the name of a part.
 * Throws `write-failed`, also where the recording has no picture there; `aborted`.
 */
export async function cutClip(
  source: Source,
  media: MediaInfo,
  { from, length, recorded }: Cut,
  target: string,
  signal: AbortSignal,
): Promise<CutWay> {
  const { streams } = await runFfprobe(source, ['-show_streams'], Streams, signal);
  const sounds = streams.filter(({ codec_type }) => codec_type === 'audio');
  const sound = sounds.every(({ codec_name = '' }) => SOUND.has(codec_name)) ? 'copy' : 'aac';
  const output = [
    ...['-t', seconds(length), '-map', `0:${media.stream}`, '-map', '0:a?', '-c:a', sound],
    ...['-map_metadata', '0', '-metadata', `creation_time=${new Date(recorded).toISOString()}`],
    ...['-movflags', '+faststart', '-f', 'mp4', `file:${target}`],
  ];
  const doing = 'cutting a clip out of';
  const advice = 'see that there is room for it, and that the recording plays at that place.';
  const make = (before: readonly string[], args: readonly string[]): Promise<void> =>
    runFfmpeg(source, { doing, advice, before, args: [...args, ...output] }, signal);

  if (VIDEO.has(media.codec)) {
    // Apple's players take HEVC under this name only.
    const tag = media.codec === 'hevc' ? ['-tag:v', 'hvc1'] : [];
    await make(from === 0 ? [] : ['-ss', seconds(from)], ['-c:v', 'copy', ...tag]);
    const first = await firstPicture(target, signal);
    const due = Math.max(0, media.videoStart - media.start - from);
    if (first?.key === true && first.time <= due + LATE) return 'copied';
  }
  const lead = Math.min(from, LEAD);
  const encoder = BURN_CONTAINERS['.mp4']?.encoder ?? [];
  // Encoders of 4:2:0 want even sides.
  const picture = ['-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', ...encoder, '-pix_fmt', 'yuv420p'];
  await make(from === lead ? [] : ['-ss', seconds(from - lead)], [
    ...(lead === 0 ? [] : ['-ss', seconds(lead)]),
    ...picture,
  ]);
  if ((await firstPicture(target, signal)) === undefined) {
    throw new IngestError(
      'write-failed',
      `"${source.label}" has no picture at ${seconds(from)} s: nothing to cut out.`,
    );
  }
  return 'encoded';
}
