import type { Micros } from '../../core/types.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import { decodesInParts } from '../probe/packet-times.ts';

/** Containers with an index, where a seek lands on the key frame at or before the target. */
const INDEXED = /^(mov,|matroska)/;
/** Without an index a seek lands near the target; this much before the wanted time is early enough. */
const MARGIN: Micros = 12_000_000;

/** True for containers where a seek lands on the key frame at or before the target. */
export function hasIndex({ container }: MediaInfo): boolean {
  return INDEXED.test(container);
}

/**
 * Where to seek for a frame that may not be a key frame; null where decoding from the start costs the same, and where only that gives the frames
 * their right times.
 */
export function seekBefore(media: MediaInfo, time: Micros | null): Micros | null {
  if (time === null || !decodesInParts(media)) return null;
  const target = hasIndex(media) ? time : time - MARGIN;
  return target > media.start ? target : null;
}
