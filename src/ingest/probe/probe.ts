import { z } from 'zod';
import { type ProcessOutput, runProcess } from '../../core/process/run-process.ts';
import { openRegular } from '../../core/regular-file.ts';
import type { Micros } from '../../core/types.ts';
import { probePicture } from '../decode/still-picture.ts';
import { IngestError, throwIfAborted } from '../errors.ts';
import { diagnose } from '../ffmpeg/diagnose.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { ffmpegInput, MOST_VIDEO_PIXELS } from '../sources/ffmpeg-input.ts';
import { looksLikeContainer } from '../sources/sniff.ts';
import { asInputError, type Source } from '../sources/sources.ts';
import type { MediaInfo } from './media-info.ts';
import { parseRational, secondsToMicros } from './rational.ts';

/** ffprobe's time limit: long enough for a slow disk, short enough for a server that never answers. */
const PROBE_TIMEOUT_MS = 60_000;

const StreamReport = z.object({
  index: z.number(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  sample_aspect_ratio: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  pix_fmt: z.string().optional(),
  color_transfer: z.string().optional(),
  color_primaries: z.string().optional(),
  color_space: z.string().optional(),
  color_range: z.string().optional(),
  start_time: z.string().optional(),
  duration: z.string().optional(),
  disposition: z.record(z.string(), z.number()).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  side_data_list: z.array(z.looseObject({ rotation: z.number().optional() })).optional(),
});
const ProbeReport = z.object({
  streams: z.array(StreamReport).default([]),
  format: z
    .object({ format_name: z.string(), start_time: z.string().optional(), duration: z.string().optional() })
    .optional(),
});
type Stream = z.infer<typeof StreamReport>;

/**
 * Reads a source's streams and format. This parses ffprobe's JSON itself, because fluent-ffmpeg's parser drops side data (rotation). Throws
 * {@link IngestError}: the file cannot be opened (missing, no permission, empty), its content cannot be used (not media, no video, unknown
 * codec, unreadable), or the network failed.
 */
export async function probe(
  source: Source,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<MediaInfo> {
  throwIfAborted(options.signal, source.label);
  if (source.kind !== 'url') await checkFile(source);
  if (source.kind === 'picture') return await probePicture(source);
  const tools = await findFfmpeg();
  const address = await ffmpegInput(source);
  const answer = await runProcess(
    {
      program: tools.ffprobe,
      args: ['-v', 'error', ...address.options, '-of', 'json', '-show_format', '-show_streams', '-i', address.input],
      env: address.env,
      signal: options.signal,
    },
    options.timeoutMs ?? PROBE_TIMEOUT_MS,
  );
  throwIfAborted(options.signal, source.label);
  const report = ProbeReport.safeParse(parseJson(answer.stdout));
  const format = report.data?.format;
  if (answer.timedOut || answer.detail.exitCode !== 0 || format === undefined) {
    throw answer.timedOut ? await refusal(source, answer) : (address.failure() ?? (await refusal(source, answer)));
  }
  const streams = report.data?.streams ?? [];
  const unread = streams.length === 0 ? address.failure() : undefined;
  if (unread !== undefined) throw unread;
  const stream = chooseStream(source, streams, format.format_name, answer);
  return describe(format, stream, streams);
}

/** Checks that a local file exists, is readable and is not empty. */
async function checkFile(source: Source): Promise<void> {
  try {
    const { handle, size } = await openRegular(source.input);
    await handle.close();
    if (size === 0) throw new IngestError('empty-file', `"${source.label}" is empty (zero bytes): get it again.`);
  } catch (error) {
    throw asInputError(error, source.label);
  }
}

async function refusal(source: Source, answer: ProcessOutput): Promise<IngestError> {
  const { label } = source;
  const { detail, cause } = answer;
  if (answer.timedOut) {
    return new IngestError('timed-out', `"${label}" could not be opened in time: try again later.`, {
      detail,
    });
  }
  const local = source.kind !== 'url';
  const blocked = diagnose(label, detail, cause);
  if (blocked?.code === 'blocked-format') return blocked;
  if (local && !(await looksLikeContainer(source.input))) return notMedia(label, answer);
  const known = diagnose(label, detail, cause);
  if (known !== undefined) return known;
  return local
    ? new IngestError('unreadable', `"${label}" is damaged: ffmpeg cannot read its header; get it again.`, { detail })
    : notMedia(label, answer);
}

function notMedia(label: string, answer: ProcessOutput): IngestError {
  return new IngestError('not-media', `"${label}" is not a video that ffmpeg knows.`, { detail: answer.detail });
}

function chooseStream(source: Source, streams: readonly Stream[], format: string, answer: ProcessOutput): Stream {
  const { detail, cause } = answer;
  // ffmpeg reads any text file as a terminal recording and renders it.
  if (format === 'tty') throw notMedia(source.label, answer);
  const videos = streams.filter(
    ({ codec_type, disposition }) =>
      codec_type === 'video' && disposition?.attached_pic !== 1 && disposition?.timed_thumbnails !== 1,
  );
  const area = (stream: Stream): number => (stream.width ?? 0) * (stream.height ?? 0);
  const rank = (stream: Stream): number => stream.disposition?.default ?? 0;
  const best = [...videos].sort((a, b) => rank(b) - rank(a) || area(b) - area(a) || a.index - b.index)[0];
  if (best === undefined) {
    throw new IngestError('no-video', `"${source.label}" has no video in it (${kindsOf(streams)}).`, { detail });
  }
  if (best.codec_name === undefined || best.codec_name === 'unknown') {
    throw new IngestError(
      'unknown-codec',
      `This ffmpeg does not know the video codec in "${source.label}" (tag ${best.codec_tag_string ?? 'unknown'}): install a newer one, or convert the file.`,
      { detail },
    );
  }
  const tooLarge = diagnose(source.label, detail, cause);
  if (tooLarge?.code === 'too-large') throw tooLarge;
  if (area(best) > MOST_VIDEO_PIXELS) {
    const pixels = `${best.width}x${best.height}`;
    throw new IngestError('too-large', `The pictures in "${source.label}" are too large (${pixels} pixels).`, {
      detail,
    });
  }
  if (area(best) === 0) {
    throw new IngestError('unreadable', `"${source.label}" is damaged: no frame size can be found in it.`, { detail });
  }
  return best;
}

function kindsOf(streams: readonly Stream[]): string {
  const kinds = streams.map((stream) =>
    stream.disposition?.attached_pic === 1 ? 'cover art' : (stream.codec_type ?? 'unknown'),
  );
  return kinds.length === 0 ? 'no streams at all' : `only ${[...new Set(kinds)].join(', ')}`;
}

function describe(
  format: { format_name: string; start_time?: string | undefined; duration?: string | undefined },
  stream: Stream,
  streams: readonly Stream[],
): MediaInfo {
  const start = secondsToMicros(format.start_time) ?? secondsToMicros(stream.start_time) ?? 0;
  const videoStart = secondsToMicros(stream.start_time) ?? start;
  const length = secondsToMicros(stream.duration);
  const rotation = stream.side_data_list?.find((side) => side.rotation !== undefined)?.rotation ?? 0;
  const transfer = tag(stream.color_transfer);
  return {
    container: format.format_name,
    stream: stream.index,
    codec: stream.codec_name ?? 'unknown',
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    // ffprobe reports the rotation counter-clockwise.
    rotation: (((-Math.round(rotation / 90) * 90) % 360) + 360) % 360,
    sampleAspect: parseRational(stream.sample_aspect_ratio) ?? { num: 1, den: 1 },
    frameRate: parseRational(stream.avg_frame_rate),
    pixelFormat: stream.pix_fmt ?? null,
    transfer,
    primaries: tag(stream.color_primaries),
    matrix: tag(stream.color_space),
    range: stream.color_range === 'tv' || stream.color_range === 'pc' ? stream.color_range : null,
    hdr: transfer === 'smpte2084' || transfer === 'arib-std-b67',
    start,
    videoStart,
    // Matroska has a tag instead, which despite its name is the end of the last frame.
    videoEnd: length === null ? clockToMicros(stream.tags?.DURATION) : videoStart + length,
    duration: secondsToMicros(format.duration),
    subtitles: streams.filter((other) => other.codec_type === 'subtitle').length,
  };
}

function tag(value: string | undefined): string | null {
  return value === undefined || value === 'unknown' || value === 'reserved' ? null : value;
}

/** `00:01:02.500000000` in microseconds. */
function clockToMicros(text: string | undefined): Micros | null {
  const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text ?? '') ?? [];
  const rest = secondsToMicros(seconds);
  return rest === null ? null : (Number(hours) * 3600 + Number(minutes) * 60) * 1_000_000 + rest;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
