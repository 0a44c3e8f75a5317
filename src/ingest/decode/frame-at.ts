import type { ImageSpec, Micros } from '../../core/types.ts';
import { readFailure } from '../ffmpeg/machine-failure.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import type { Source } from '../sources/sources.ts';
import { endedBadly } from './damage.ts';
import { DEFAULT_STALL_MS, decodeFrames, type Frame, newTally } from './decode-frames.ts';
import { exactImage } from './filters.ts';
import { seekBefore } from './seek.ts';

/** The span in which a video has frames, in track time; `to` is undefined where the file does not say. */
export interface Shown {
  readonly from: Micros;
  readonly to: Micros | undefined;
}

/** The span of a probed source. */
export function shownSpan(media: MediaInfo): Shown {
  const { start, videoStart, videoEnd, duration } = media;
  const end = videoEnd ?? (duration === null ? undefined : start + duration);
  return { from: Math.max(0, videoStart - start), to: end === undefined ? undefined : end - start };
}

/**
 * Decodes the frame that a player shows at `time` (track time): the last one whose PTS is not after it. Undefined before the first frame; the
 * last frame after the end. Throws an IngestError where nothing can be decoded.
 */
export async function frameAt(
  source: Source,
  media: MediaInfo,
  time: Micros,
  image: ImageSpec,
  signal: AbortSignal,
  stallMs = DEFAULT_STALL_MS,
): Promise<Frame | undefined> {
  const wanted = time + media.start;
  const selection = { pick: 'all', from: null, to: wanted + 1 } as const;
  // A seek may land after the frame that is still shown: then decode from the start.
  for (const seek of new Set([seekBefore(media, wanted), null])) {
    const tally = newTally();
    const request = {
      source,
      media,
      image: exactImage(media, image),
      selection,
      keysOnly: false,
      seek,
      signal,
      stallMs,
    };
    let last: Frame | undefined;
    for await (const frame of decodeFrames(request, tally)) last = frame;
    if (last !== undefined) return last;
    if (seek === null && (tally.decoded === 0 || endedBadly(tally.detail))) {
      throw await readFailure(source, tally.detail ?? {});
    }
  }
  return undefined;
}
