import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Video } from '../api/schemas/videos.ts';

/** Codecs that current browsers play, by the container that they take them in. */
const PLAYABLE: readonly {
  readonly containers: RegExp;
  readonly codecs: readonly string[];
  readonly type: string;
}[] = [
  { containers: /^(mov|mp4)\b/, codecs: ['h264', 'vp9', 'av1'], type: 'video/mp4' },
  { containers: /^(matroska|webm)\b/, codecs: ['vp8', 'vp9', 'av1'], type: 'video/webm' },
];

/** The type of a video that most browsers play; undefined for others. */
export function browserType({ container, codec }: Pick<MediaInfo, 'container' | 'codec'>): string | undefined {
  return PLAYABLE.find(({ containers, codecs }) => containers.test(container) && codecs.includes(codec))?.type;
}

/** What the API shows of a video's media. */
export function mediaView(media: MediaInfo): NonNullable<Video['media']> {
  const { duration, width, height, codec, container } = media;
  const type = browserType(media);
  return {
    duration: duration === null ? null : duration / 1e6,
    width,
    height,
    codec,
    container,
    ...(type === undefined ? {} : { type }),
  };
}
