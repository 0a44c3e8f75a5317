import { z } from 'zod';
import type { Source } from '../sources/sources.ts';
import { runFfprobe } from './ffprobe.ts';

/** What a stream holds. `cover`: one still picture, as music and films have it; `other`: data, thumbnails, unknown. */
export type StreamKind = 'video' | 'cover' | 'audio' | 'subtitle' | 'attachment' | 'other';

/** One stream of a file. */
export interface StreamInfo {
  /** Index of the stream in the file. */
  readonly index: number;
  readonly kind: StreamKind;
  /** ffmpeg's name of the codec; null where ffmpeg does not know it. */
  readonly codec: string | null;
  /** The codec's tag in the container, such as `mp4a`. */
  readonly tag: string;
  /** ffmpeg's names of the flags that are set, such as `default` and `forced`. */
  readonly flags: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

const Answer = z.object({
  streams: z
    .array(
      z.object({
        index: z.number(),
        codec_type: z.string().optional(),
        codec_name: z.string().optional(),
        codec_tag_string: z.string().default(''),
        tags: z.record(z.string(), z.string()).default({}),
        disposition: z.record(z.string(), z.number()).default({}),
      }),
    )
    .default([]),
});

function kindOf(type: string | undefined, disposition: Readonly<Record<string, number>>): StreamKind {
  if (type === 'video') {
    if (disposition.timed_thumbnails === 1) return 'other';
    return disposition.attached_pic === 1 ? 'cover' : 'video';
  }
  return type === 'audio' || type === 'subtitle' || type === 'attachment' ? type : 'other';
}

/** The streams of a source that was probed before, in file order. Throws as {@link runFfprobe}. */
export async function listStreams(source: Source, signal: AbortSignal): Promise<StreamInfo[]> {
  const { streams } = await runFfprobe(source, ['-show_streams'], Answer, signal);
  return streams.map(({ index, codec_type, codec_name, codec_tag_string, tags, disposition }) => ({
    index,
    kind: kindOf(codec_type, disposition),
    codec: codec_name === undefined || codec_name === 'unknown' || codec_name === 'none' ? null : codec_name,
    tag: codec_tag_string,
    flags: Object.keys(disposition).filter((flag) => disposition[flag] === 1),
    tags,
  }));
}
