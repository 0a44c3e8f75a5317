import ffmpegCommand from 'fluent-ffmpeg';
import { z } from 'zod';
import { runProcess } from '../../core/process/run-process.ts';
import { throwIfAborted } from '../errors.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { readFailure } from '../ffmpeg/machine-failure.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';
import { runFfprobe } from './ffprobe.ts';

/** Extraction reads the whole film, perhaps over a slow network. */
const EXTRACTION_MS = 1_800_000;
/** Subtitles that are bitmaps have no text. */
const BITMAPS: ReadonlySet<string> = new Set([
  'hdmv_pgs_subtitle',
  'dvd_subtitle',
  'dvb_subtitle',
  'xsub',
  'arib_caption',
]);

/** A stream of text inside a video. */
export interface SubtitleStream {
  /** Index of the stream in the file. */
  readonly stream: number;
  readonly codec: string;
  /** As the file names it, such as `eng`. */
  readonly language: string | null;
  /** Selected by default. */
  readonly isDefault: boolean;
  /** An audio description rather than dialogue. */
  readonly describes: boolean;
}

const Answer = z.object({
  streams: z
    .array(
      z.object({
        index: z.number(),
        codec_name: z.string().optional(),
        tags: z.record(z.string(), z.string()).optional(),
        disposition: z.record(z.string(), z.number()).optional(),
      }),
    )
    .default([]),
});

/** The text streams of a source, in file order. Throws as {@link runFfprobe}. */
export async function listSubtitles(source: Source, signal: AbortSignal): Promise<SubtitleStream[]> {
  const { streams } = await runFfprobe(source, ['-select_streams', 's', '-show_streams'], Answer, signal);
  return streams.flatMap(({ index, codec_name, tags, disposition }) =>
    codec_name === undefined || BITMAPS.has(codec_name)
      ? []
      : [
          {
            stream: index,
            codec: codec_name,
            language: tags?.language ?? null,
            isDefault: disposition?.default === 1,
            describes:
              disposition?.descriptions === 1 ||
              disposition?.visual_impaired === 1 ||
              /descri/i.test(`${tags?.title ?? ''} ${tags?.handler_name ?? ''}`),
          },
        ],
  );
}

/**
 * The text of one stream as WebVTT, its times counted from the container's start. Throws the reason in ffmpeg's messages, or `decode-failed`;
 * `aborted`.
 */
export async function extractSubtitles(source: Source, stream: number, signal: AbortSignal): Promise<string> {
  const { ffmpeg } = await findFfmpeg();
  const { input, options, env, failure } = await ffmpegInput(source);
  const common = ['-hide_banner', '-nostdin', '-nostats', '-v', 'error'];
  const args = ffmpegCommand(input)
    .inputOptions(...[...common, ...options])
    .outputOptions('-map', `0:${stream}`)
    .format('webvtt')
    .output('pipe:1')
    ._getArguments();
  const answer = await runProcess({ program: ffmpeg, args, env, signal }, EXTRACTION_MS);
  throwIfAborted(signal, source.label);
  if (answer.detail.exitCode !== 0) throw failure() ?? (await readFailure(source, answer.detail, answer.cause));
  return answer.stdout;
}
