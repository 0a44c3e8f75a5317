import { z } from 'zod';
import { type ProcessOutput, runProcess } from '../../core/process/run-process.ts';
import { openRegular } from '../../core/regular-file.ts';
import type { Micros } from '../../core/types.ts';
import { probePicture } from '../decode/still-picture.ts';
import { IngestError, throwIfAborted } from '../errors.ts';
import { diagnose, killedFailure } from '../ffmpeg/diagnose.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { machineFailure } from '../ffmpeg/machine-failure.ts';
import { missingBytes } from '../sources/declared-size.ts';
import { ffmpegInput, hasPlaylistName, MOST_VIDEO_PIXELS } from '../sources/ffmpeg-input.ts';
import { readPlaylist } from '../sources/playlist-text.ts';
import { looksLikeContainer } from '../sources/sniff.ts';
import { asInputError, type Source } from '../sources/sources.ts';
import { PROBE_TIMEOUT_MS, timedOut } from './ffprobe.ts';
import type { MediaInfo } from './media-info.ts';
import { askPackets } from './packet-times.ts';
import { parseRational, secondsToMicros } from './rational.ts';

/** Attempts at a probe that something kills. */
const ATTEMPTS = 3;
/** What the MP4 demuxer says where it would have to go back and cannot. */
const NEEDS_SEEKING = /mov,mp4.*partial file/;
/** Lengths that differ by less are the same: a container counts its sound too. */
const SAME_LENGTH: Micros = 1_000_000;

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
  side_data_list: z
    .array(z.looseObject({ rotation: z.number().optional(), displaymatrix: z.string().optional() }))
    .optional(),
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
  let { answer, failure } = await askStreams(source, options);
  let report = ProbeReport.safeParse(parseJson(answer.stdout)).data;
  // Only now a playlist shows that its name does not tell.
  if (report?.format?.format_name.includes('hls') && !hasPlaylistName(source)) {
    ({ answer, failure } = await askStreams(source, options, report.format.format_name));
    report = ProbeReport.safeParse(parseJson(answer.stdout)).data;
  }
  const format = report?.format;
  if (answer.timedOut || answer.detail.exitCode !== 0 || report === undefined || format === undefined) {
    throw answer.timedOut ? await refusal(source, answer) : (failure() ?? (await refusal(source, answer)));
  }
  if (source.kind === 'url' && NEEDS_SEEKING.test(answer.detail.stderr?.join('\n') ?? '')) {
    throw new IngestError(
      'not-seekable',
      `The server of "${source.label}" gives the file only from start to end, but its index is at its end: download it first.`,
      { detail: answer.detail },
    );
  }
  const { streams } = report;
  const unread = streams.length === 0 ? failure() : undefined;
  if (unread !== undefined) throw unread;
  const stream = chooseStream(source, streams, format.format_name, answer);
  const container = format.format_name;
  const playlist = container.includes('hls') ? await readPlaylist(source, container, options.signal) : undefined;
  const head = { stream: stream.index, container, playlist };
  const { times, length, unread: appended } = await askPackets(source, head, options.signal);
  const media = describe(format, stream, streams);
  const read = length === null ? null : media.videoStart + length - media.start;
  return {
    ...media,
    // What a container claims of several clocks is what it knows of one of them.
    ...(times.continuous ? {} : { videoEnd: null }),
    ...(read !== null && read > (media.duration ?? 0) + SAME_LENGTH ? { duration: read } : {}),
    ...(read !== null && media.duration === null ? { counted: true } : {}),
    times,
    ...(appended ? { unread: true } : {}),
    unended: playlist?.ended === false,
    bytesMissing: source.kind === 'url' ? 0 : await missingBytes(source.input),
  };
}

/** Asks ffprobe for streams, format and first packets; again where something killed it. */
async function askStreams(
  source: Source,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  container?: string,
): Promise<{ readonly answer: ProcessOutput; readonly failure: () => IngestError | undefined }> {
  const { ffprobe } = await findFfmpeg();
  const { input, options: before, env, failure } = await ffmpegInput(source, container);
  const args = ['-v', 'error', ...before, '-of', 'json', '-show_format', '-show_streams', '-i', input];
  for (let attempt = 1; ; attempt++) {
    const request = { program: ffprobe, args, env, signal: options.signal };
    const answer = await runProcess(request, options.timeoutMs ?? PROBE_TIMEOUT_MS);
    throwIfAborted(options.signal, source.label);
    const killed = answer.timedOut ? undefined : killedFailure(source.label, answer.detail);
    if (killed === undefined || attempt === ATTEMPTS) return { answer, failure };
  }
}

/** Checks that a local file exists, is readable and is not empty. */
async function checkFile(source: Source): Promise<void> {
  try {
    const { handle, size } = await openRegular(source.input);
    await handle.close();
    if (size === 0)
      throw new IngestError('empty-file', `"${source.label}" is empty (zero bytes): record or copy it again.`);
  } catch (error) {
    throw asInputError(error, source.label);
  }
}

async function refusal(source: Source, answer: ProcessOutput): Promise<IngestError> {
  const { label } = source;
  const { detail, cause } = answer;
  if (answer.timedOut) return timedOut(label, detail);
  const machine = await machineFailure(source, detail, cause);
  if (machine !== undefined) return machine;
  const local = source.kind !== 'url';
  const blocked = diagnose(label, detail, cause);
  if (blocked?.code === 'blocked-format') return blocked;
  if (local && !(await looksLikeContainer(source.input))) return notMedia(label, answer);
  const known = diagnose(label, detail, cause);
  if (known !== undefined) return known;
  return local
    ? new IngestError('unreadable', `"${label}" is damaged: ffmpeg cannot read its header; record or copy it again.`, {
        detail,
      })
    : notMedia(label, answer);
}

function notMedia(label: string, answer: ProcessOutput): IngestError {
  return new IngestError(
    'not-media',
    `"${label}" is not a video that ffmpeg can read: check that the file is complete, and a video.`,
    { detail: answer.detail },
  );
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
    throw new IngestError(
      'no-video',
      `"${source.label}" has no video in it (${kindsOf(streams)}): name a file with a picture.`,
      { detail },
    );
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
): Omit<MediaInfo, 'times' | 'unended' | 'bytesMissing'> {
  const start = secondsToMicros(format.start_time) ?? secondsToMicros(stream.start_time) ?? 0;
  const videoStart = secondsToMicros(stream.start_time) ?? start;
  const length = secondsToMicros(stream.duration);
  const display = stream.side_data_list?.find((side) => side.rotation !== undefined);
  const rotation = display?.rotation ?? 0;
  const transfer = tag(stream.color_transfer);
  const duration = secondsToMicros(format.duration);
  const alone = format.format_name.startsWith('matroska') && streams.every(({ codec_type }) => codec_type !== 'audio');
  return {
    container: format.format_name,
    stream: stream.index,
    codec: stream.codec_name ?? 'unknown',
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    // ffprobe reports the rotation counter-clockwise.
    rotation: (((-Math.round(rotation / 90) * 90) % 360) + 360) % 360,
    ...(display !== undefined && !onlyTurns(display.displaymatrix ?? '') ? { mirrored: true } : {}),
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
    // Matroska has a tag instead, which despite its name is the end of the last frame; without sound, the container's own length will do.
    videoEnd:
      length === null
        ? (clockToMicros(stream.tags?.DURATION) ?? (duration !== null && alone ? start + duration : null))
        : videoStart + length,
    duration,
    subtitles: streams.filter((other) => other.codec_type === 'subtitle').length,
  };
}

/** True for a matrix that turns by a multiple of 90 degrees. As text: an offset and three numbers a line, the first two in 1/65536. */
function onlyTurns(displayMatrix: string): boolean {
  const rows = displayMatrix.split('\n').filter((line) => line.includes(':'));
  const [[a = 0, b = 0] = [], [c = 0, d = 0] = []] = rows.map((line) =>
    (line.split(':')[1] ?? '').trim().split(/\s+/).map(Number),
  );
  return a * b === 0 && a === d && b === -c;
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
