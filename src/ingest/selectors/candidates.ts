import type { Micros } from '../../core/types.ts';
import { type DecodeRequest, type DecodeTally, decodeFrames, type Frame, newTally } from '../decode/decode-frames.ts';
import type { FrameSelection } from '../decode/filters.ts';
import { hasIndex, seekBefore } from '../decode/seek.ts';
import type { MediaInfo } from '../probe/media-info.ts';
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
  readonly candidates: CandidateFrames;
  /** Source times; null stands for the whole. */
  readonly from: Micros | null;
  readonly to: Micros | null;
};

/**
 * Decodes the frames that a selector asks for. `tallies` collects one tally per decoding, in the order of their start.
 *
 * For `sampled`, only key frames are decoded where the codec can do that, and then the gaps between two of them (and after the last one) at one
 * frame a second; other codecs are decoded once from start to end.
 */
export async function* candidateFrames(
  request: CandidateRequest,
  tallies: DecodeTally[],
): AsyncGenerator<Frame, void, void> {
  const { candidates, media, source } = request;
  const keysAlone = KEYS_ALONE.has(media.codec);
  if (candidates.pick === 'all') yield* decode(request, tallies, { pick: 'all' });
  else if (candidates.pick === 'interval') yield* decode(request, tallies, { pick: { interval: candidates.interval } });
  else if (candidates.pick === 'keys') yield* keysOfStream(request, tallies, keysAlone);
  else if (keysAlone && source.kind !== 'url' && !isPlaylist(media)) {
    yield* keysWithFilledGaps(request, tallies, candidates.gap);
  } else yield* decode(request, tallies, { pick: ALL_INTRA.has(media.codec) ? 'spaced' : 'sampled' });
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
    last = frame.pts;
  }
  // The part after the last key frame is always decoded, to find the video's real end.
  yield* fillGap(request, tallies, last, null, rest);
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
  for await (const frame of decode(request, tallies, { ...start, pick, to: before ?? request.to })) {
    // The key frame itself is decoded again, as the first sample from which the others are counted.
    if (frame.pts !== after) yield frame;
  }
}
