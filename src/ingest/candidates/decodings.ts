import type { Micros } from '../../core/types.ts';
import { type DecodeRequest, type DecodeTally, decodeFrames, type Frame, newTally } from '../decode/decode-frames.ts';
import type { FrameSelection } from '../decode/filters.ts';
import { hasIndex, seekBefore } from '../decode/seek.ts';
import type { CandidateFrames } from '../selectors/keyframe-selector.ts';
import { withHeldFrames } from './held-frames.ts';

/** Added to a key frame's time, because ffmpeg seeks a little before the requested time (B-frames). */
const SEEK_BEYOND: Micros = 200_000;

/** What all decodings of one video share. */
export type CandidateRequest = Pick<
  DecodeRequest,
  'media' | 'source' | 'image' | 'signal' | 'stallMs' | 'onDecoded'
> & {
  /** Where the range ends, as far as it is known when everything was decoded. */
  readonly end: () => Micros;
  readonly candidates: CandidateFrames;
  /** Source times; null stands for the whole. */
  readonly from: Micros | null;
  readonly to: Micros | null;
};

/** The distance at which a frame that stays is repeated: null for the sampling of the decoder, infinite for never. */
export function repetition(candidates: CandidateFrames): Micros | null {
  if (candidates.pick === 'interval') return candidates.interval;
  return candidates.pick === 'sampled' ? null : Number.POSITIVE_INFINITY;
}

/** One decoding of a video, or of a part of it: where nothing else is said, of the range that is asked for. */
export interface Decoding {
  readonly pick: FrameSelection['pick'];
  readonly keysOnly?: boolean;
  readonly from?: Micros | null;
  readonly to?: Micros | null;
  readonly seek?: Micros | null;
}

/** Decodes once. */
export function decode(
  request: CandidateRequest,
  tallies: DecodeTally[],
  decoding: Decoding,
): AsyncGenerator<Frame, void, void> {
  const tally = newTally();
  tallies.push(tally);
  const { from = request.from, to = request.to, keysOnly = false } = decoding;
  const { seek = seekBefore(request.media, request.from) } = decoding;
  return decodeFrames({ ...request, selection: { pick: decoding.pick, from, to }, keysOnly, seek }, tally);
}

/** The same as {@link decode}, with frames that stay for long repeated. */
export function decodeShown(
  request: CandidateRequest,
  tallies: DecodeTally[],
  decoding: Decoding,
): AsyncGenerator<Frame, void, void> {
  const frames = decode(request, tallies, decoding);
  const tally = tallies.at(-1);
  const frameOf = async (pts: Micros): Promise<Frame | undefined> => {
    const alone = { pick: 'all', from: pts, to: pts + 1, seek: seekBefore(request.media, pts) } as const;
    for await (const frame of decode(request, [], alone)) return frame;
    return undefined;
  };
  const { to = request.to } = decoding;
  const end = () => ({ last: tally?.lastInRange ?? null, until: Math.min(to ?? request.end(), request.end()) });
  return withHeldFrames(frames, { interval: repetition(request.candidates), frameOf, end });
}

/** Where to seek for the frames after a key frame (null: from the start). */
export function seekBehindKey({ media }: Pick<CandidateRequest, 'media'>, key: Micros | null): Micros | null {
  return key !== null && hasIndex(media) ? key + SEEK_BEYOND : seekBefore(media, key);
}
