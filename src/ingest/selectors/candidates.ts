import type { Micros } from '../../core/types.ts';
import { type DecodeRequest, type DecodeTally, decodeFrames, type Frame, newTally } from '../decode/decode-frames.ts';
import type { FrameSelection } from '../decode/filters.ts';
import { frameAt } from '../decode/frame-at.ts';
import { hasIndex, seekBefore } from '../decode/seek.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import { decodesInParts } from '../probe/packet-times.ts';
import { withFrameAtStart, withHeldFrames } from './held-frames.ts';
import type { CandidateFrames } from './keyframe-selector.ts';

/** Codecs whose ffmpeg decoders honour `-skip_frame nokey`. Those of AV1, VP9 and GIF decode everything. */
const KEYS_ALONE: ReadonlySet<string> = new Set(
  'h264 hevc mpeg1video mpeg2video mpeg4 msmpeg4v2 msmpeg4v3 h263 flv1 wmv1 wmv2 vp8'.split(' '),
);
/** Codecs in which every frame is a key frame. */
const ALL_INTRA: ReadonlySet<string> = new Set(
  'mjpeg prores dnxhd ffv1 rawvideo png dvvideo cfhd huffyuv ffvhuff utvideo jpeg2000 qtrle'.split(' '),
);
/** Added to a key frame's time, because ffmpeg seeks a little before the requested time (B-frames). */
const SEEK_BEYOND: Micros = 200_000;
/** A first key frame this late after the start means that an edit list or a range begins inside a GOP. */
const LATE_START: Micros = 100_000;

/** With more long gaps than this, and at most key frames, the file has long GOPs: decoding it once is cheaper than decoding every gap. */
const MANY_GAPS = 4;

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

/**
 * Decodes the frames that a selector asks for. `tallies` collects one tally per decoding, in the order of their start.
 *
 * For `sampled`, only key frames are decoded where the codec can do that and they have times of their own, and then the gaps between two of them (and after the last one) at one
 * frame a second; other codecs are decoded once from start to end.
 */
export async function* candidateFrames(
  request: CandidateRequest,
  tallies: DecodeTally[],
): AsyncGenerator<Frame, void, void> {
  const { candidates, media, source } = request;
  const keysAlone = KEYS_ALONE.has(media.codec) && decodesInParts(media);
  const frames = (): AsyncGenerator<Frame, void, void> => {
    if (candidates.pick === 'all') return decode(request, tallies, { pick: 'all' });
    if (candidates.pick === 'keys') return keysOfStream(request, tallies, keysAlone);
    if (candidates.pick === 'interval') return decodeShown(request, tallies, { pick: candidates });
    if (keysAlone && source.kind !== 'url' && !isPlaylist(media)) {
      return keysWithFilledGaps(request, tallies, candidates.gap);
    }
    return decodeShown(request, tallies, { pick: ALL_INTRA.has(media.codec) ? 'spaced' : 'sampled' });
  };
  const { from } = request;
  if (from === null) yield* frames();
  else {
    const shown = () => frameAt(source, media, from - media.start, request.image, request.signal, request.stallMs);
    yield* withFrameAtStart(frames(), { from, shown, interval: repetition(candidates), end: request.end });
  }
}

/** The distance at which a frame that stays is repeated: null for the sampling of the decoder, infinite for never. */
function repetition(candidates: CandidateFrames): Micros | null {
  if (candidates.pick === 'interval') return candidates.interval;
  return candidates.pick === 'sampled' ? null : Number.POSITIVE_INFINITY;
}

function isPlaylist(media: MediaInfo): boolean {
  return media.container.includes('hls');
}

interface Decoding {
  readonly pick: FrameSelection['pick'];
  readonly keysOnly?: boolean;
  readonly from?: Micros | null;
  readonly to?: Micros | null;
  readonly seek?: Micros | null;
}

function decode(
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

/** The same, with frames that stay for long repeated. */
function decodeShown(
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

/** The key frames only. What comes after the last one is decoded to find the video's real end. */
async function* keysOfStream(
  request: CandidateRequest,
  tallies: DecodeTally[],
  keysAlone: boolean,
): AsyncGenerator<Frame, void, void> {
  let last: Micros | null = null;
  for await (const frame of decode(request, tallies, { pick: 'keys', keysOnly: keysAlone })) {
    yield frame;
    last = frame.pts;
  }
  if (keysAlone) for await (const _ of fillGap(request, tallies, last, null));
}

async function* keysWithFilledGaps(
  request: CandidateRequest,
  tallies: DecodeTally[],
  longest: Micros,
): AsyncGenerator<Frame, void, void> {
  const start = request.from ?? request.media.videoStart;
  let first: Micros | null = null;
  let last: Micros | null = null;
  let keys = 0;
  let gaps = 0;
  let rest: 'spaced' | 'sampled' = 'spaced';
  for await (const frame of decode(request, tallies, { pick: 'all', keysOnly: true })) {
    if (last === null ? frame.pts - start > LATE_START : frame.pts - last > longest) {
      gaps++;
      if (gaps > MANY_GAPS && 2 * gaps > keys) {
        rest = 'sampled';
        break;
      }
      yield* fillGap(request, tallies, last, frame.pts);
    }
    yield frame;
    keys++;
    first ??= frame.pts;
    last = frame.pts;
  }
  const spacing = keys > 1 && rest === 'spaced' ? ((last ?? 0) - (first ?? 0)) / (keys - 1) : 0;
  // The part after the last key frame is always decoded, to find the video's real end. It counts no more than the parts before it.
  for await (const frame of fillGap(request, tallies, last, null, rest)) yield { ...frame, spacing };
}

/** Samples the time after key frame `after` (null: from the start) up to `before` (null: to the end). */
async function* fillGap(
  request: CandidateRequest,
  tallies: DecodeTally[],
  after: Micros | null,
  before: Micros | null,
  pick: 'spaced' | 'sampled' = 'spaced',
): AsyncGenerator<Frame, void, void> {
  const { media } = request;
  const seek = after !== null && hasIndex(media) ? after + SEEK_BEYOND : seekBefore(media, after);
  const start = after === null ? {} : { from: after, seek };
  for await (const frame of decodeShown(request, tallies, { ...start, pick, to: before ?? request.to })) {
    // The key frame itself is decoded again, as the first sample from which the others are counted.
    if (frame.pts !== after) yield frame;
  }
}
