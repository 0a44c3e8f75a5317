import type { Micros } from '../../core/types.ts';
import { type DecodeRequest, type DecodeTally, decodeFrames, type Frame, newTally } from '../decode/decode-frames.ts';
import type { FrameSelection } from '../decode/filters.ts';
import { hasIndex, seekBefore } from '../decode/seek.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import type { FrameChoice } from './frame-choice.ts';
import { MAX_GAP } from './selectors.ts';

/** Codecs whose decoders in ffmpeg really leave out what is no key frame. AV1, VP9 and GIF decode everything instead. */
const KEYS_ALONE: ReadonlySet<string> = new Set(
  'h264 hevc mpeg1video mpeg2video mpeg4 msmpeg4v2 msmpeg4v3 h263 flv1 wmv1 wmv2 vp8'.split(' '),
);
/** Codecs where every frame is a key frame: being one says nothing. */
const ALL_INTRA: ReadonlySet<string> = new Set(
  'mjpeg prores dnxhd ffv1 rawvideo png dvvideo cfhd huffyuv ffvhuff utvideo jpeg2000 qtrle'.split(' '),
);
/** Beyond a key frame's own time, because ffmpeg seeks a little before what it is asked for (B-frames). */
const SEEK_BEYOND: Micros = 200_000;
/** A first key frame this much after the start: an edit list, or a range, begins inside a GOP. */
const LATE_START: Micros = 100_000;

/** What crosses the picture in less than this may be missed by `motion`. Cameras send a key frame every second or two. */
const MOTION_GAP: Micros = 2_100_000;

/** So many long gaps, and in most places, mean a file of long GOPs: one decoding of all is cheaper than one per gap. */
const MANY_GAPS = 4;

/** What the caller of {@link candidateFrames} fixes for all decodings. */
export type CandidateRequest = Pick<
  DecodeRequest,
  'media' | 'source' | 'image' | 'signal' | 'stallMs' | 'onDecoded'
> & {
  readonly choice: FrameChoice;
  /** Source times; null stands for the whole. */
  readonly from: Micros | null;
  readonly to: Micros | null;
};

/**
 * Decodes the frames that a choice looks at. `tallies` collects one tally per decoding, in order of their end.
 *
 * `auto` decodes key frames alone where the codec can, and fills what is longer than {@link MAX_GAP} between two of them
 * (and what comes after the last) with a sample a second; other codecs are decoded whole. `motion` does the same with
 * shorter gaps: {@link MOTION_GAP}, or its own interval where that is longer.
 */
export async function* candidateFrames(
  request: CandidateRequest,
  tallies: DecodeTally[],
): AsyncGenerator<Frame, void, void> {
  const { choice, media, source } = request;
  const alone = KEYS_ALONE.has(media.codec);
  if (choice.mode === 'every') yield* decode(request, tallies, { pick: { interval: choice.interval } });
  else if (choice.mode === 'keyframes') yield* keysOfStream(request, tallies, alone);
  else if (choice.mode === 'scene') yield* decode(request, tallies, { pick: 'all' });
  else if (alone && source.kind !== 'url' && !isPlaylist(media)) {
    const gap = choice.mode === 'motion' ? Math.max(MOTION_GAP, choice.interval) : MAX_GAP;
    yield* keysWithFilledGaps(request, tallies, gap);
  } else yield* decode(request, tallies, { pick: ALL_INTRA.has(media.codec) ? 'spaced' : 'sampled' });
}

function isPlaylist(media: MediaInfo): boolean {
  return media.container.includes('hls');
}

interface Pass {
  readonly pick: FrameSelection['pick'];
  readonly keysOnly?: boolean;
  readonly from?: Micros | null;
  readonly to?: Micros | null;
  readonly seek?: Micros | null;
}

function decode(request: CandidateRequest, tallies: DecodeTally[], pass: Pass): AsyncGenerator<Frame, void, void> {
  const tally = newTally();
  tallies.push(tally);
  const { from = request.from, to = request.to, keysOnly = false } = pass;
  const { seek = seekBefore(request.media, request.from) } = pass;
  return decodeFrames({ ...request, selection: { pick: pass.pick, from, to }, keysOnly, seek }, tally);
}

/** The key frames, and nothing else; what comes after the last is decoded for the video's real end. */
async function* keysOfStream(
  request: CandidateRequest,
  tallies: DecodeTally[],
  alone: boolean,
): AsyncGenerator<Frame, void, void> {
  let last: Micros | null = null;
  for await (const frame of decode(request, tallies, { pick: 'keys', keysOnly: alone })) {
    yield frame;
    last = frame.pts;
  }
  if (alone) for await (const _ of fillGap(request, tallies, last, null));
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
  // After the last key frame the rest is decoded in any case: only then the video's real end is known.
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
  const pass = after === null ? {} : { from: after, seek };
  for await (const frame of decode(request, tallies, { ...pass, pick, to: before ?? request.to })) {
    // The key frame itself is decoded again, as the first sample that the others are counted from.
    if (frame.pts !== after) yield frame;
  }
}
