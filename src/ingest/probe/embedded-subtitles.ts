import { z } from 'zod';
import { throwIfAborted } from '../errors.ts';
import { decodeFailure } from '../ffmpeg/diagnose.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { runTool } from '../ffmpeg/process.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';
import { runFfprobe } from './ffprobe.ts';

/** A whole film has to be read for its subtitles: over a slow network that takes its time. */
const EXTRACTION_MS = 1_800_000;
/** Subtitles that are pictures have no words to read. */
const PICTURES: ReadonlySet<string> = new Set([
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
  /** Played where nobody chooses. */
  readonly isDefault: boolean;
  /** Says what is seen, for those who do not see it, and not what is said. */
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

/** The text streams of a source, in order of the file. Throws as `askFfprobe`. */
export async function listSubtitles(source: Source, signal: AbortSignal): Promise<SubtitleStream[]> {
  const { streams } = await runFfprobe(source, ['-select_streams', 's', '-show_streams'], Answer, signal);
  return streams.flatMap(({ index, codec_name, tags, disposition }) =>
    codec_name === undefined || PICTURES.has(codec_name)
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
 * The text of one stream as WebVTT, its times counted from the container's start. Throws the reason that ffmpeg gives,
 * or `decode-failed`; `aborted`.
 */
export async function extractSubtitles(source: Source, stream: number, signal: AbortSignal): Promise<string> {
  const { guard, ffmpeg } = await findFfmpeg();
  const { input, options } = await ffmpegInput(source);
  const talk = ['-hide_banner', '-nostdin', '-nostats', '-v', 'error'];
  const answer = await runTool(
    {
      guard,
      program: ffmpeg,
      args: [...talk, ...options, '-i', input, '-map', `0:${stream}`, '-f', 'webvtt', 'pipe:1'],
    },
    { signal, timeoutMs: EXTRACTION_MS },
  );
  throwIfAborted(signal, source.label);
  if (answer.detail.exitCode !== 0) throw decodeFailure(source.label, answer.detail);
  return answer.stdout;
}
