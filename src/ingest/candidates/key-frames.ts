import type { Micros } from '../../core/types.ts';
import type { DecodeTally, Frame } from '../decode/decode-frames.ts';
import { CutFinder } from './cut-finder.ts';
import { type CandidateRequest, decode, decodeShown, seekBehindKey } from './decodings.ts';

/** A first key frame this late after the start means that an edit list or a range begins inside a GOP. */
const LATE_START: Micros = 100_000;

/** With more long gaps than this, and at most key frames, the file has long GOPs: decoding it once is cheaper than decoding every gap. */
const MANY_GAPS = 4;

/** The key frames only. What comes after the last one is decoded to find the video's real end. */
export async function* keysOfStream(
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

/** The key frames, samples where two of them are more than `longest` apart, and, with `cuts`, the first frames of scenes that begin between them. */
export async function* keysWithFilledGaps(
  request: CandidateRequest,
  tallies: DecodeTally[],
  { gap: longest, cuts = false }: { readonly gap: Micros; readonly cuts?: boolean },
): AsyncGenerator<Frame, void, void> {
  const start = request.from ?? request.media.videoStart;
  const finder = new CutFinder(request, tallies);
  let first: Micros | null = null;
  let last: Frame | undefined;
  let keys = 0;
  let gaps = 0;
  let rest: 'spaced' | 'sampled' = 'spaced';
  try {
    for await (const frame of decode(request, tallies, { pick: 'all', keysOnly: true })) {
      const isGap = last === undefined ? frame.pts - start > LATE_START : frame.pts - last.pts > longest;
      if (isGap) {
        gaps++;
        if (gaps > MANY_GAPS && 2 * gaps > keys) {
          rest = 'sampled';
          break;
        }
      }
      const samples = isGap ? fillGap(request, tallies, last?.pts ?? null, frame.pts) : none();
      if (!cuts) yield* samples;
      else if (last === undefined) yield* finder.amongSamples(samples, { before: last, until: frame.pts });
      else yield* inOrder(samples, finder.between(last, frame));
      yield frame;
      keys++;
      first ??= frame.pts;
      last = frame;
    }
    const spacing = keys > 1 && rest === 'spaced' ? ((last?.pts ?? 0) - (first ?? 0)) / (keys - 1) : 0;
    // The part after the last key frame is always decoded, to find the video's real end. It counts no more than the parts before it.
    const samples = spaced(fillGap(request, tallies, last?.pts ?? null, null, rest), spacing);
    yield* !cuts || rest === 'sampled' ? samples : finder.amongSamples(samples, { before: last, until: request.to });
  } finally {
    await finder.close();
  }
}

async function* none(): AsyncGenerator<Frame, void, void> {}

async function* spaced(frames: AsyncIterable<Frame>, spacing: Micros): AsyncGenerator<Frame, void, void> {
  for await (const frame of frames) yield { ...frame, spacing };
}

/** Samples, and frames at which scenes begin, in order of time. */
async function* inOrder(
  samples: AsyncIterable<Frame>,
  cuts: AsyncGenerator<Frame, void, void>,
): AsyncGenerator<Frame, void, void> {
  try {
    const next = async (): Promise<Frame | undefined> => (await cuts.next()).value ?? undefined;
    let cut = await next();
    for await (const sample of samples) {
      for (; cut !== undefined && cut.pts < sample.pts; cut = await next()) yield cut;
      if (cut?.pts === sample.pts) cut = await next();
      yield sample;
    }
    for (; cut !== undefined; cut = await next()) yield cut;
  } finally {
    await cuts.return();
  }
}

/** Samples the time after key frame `after` (null: from the start) up to `before` (null: to the end). */
async function* fillGap(
  request: CandidateRequest,
  tallies: DecodeTally[],
  after: Micros | null,
  before: Micros | null,
  pick: 'spaced' | 'sampled' = 'spaced',
): AsyncGenerator<Frame, void, void> {
  const start = after === null ? {} : { from: after, seek: seekBehindKey(request, after) };
  for await (const frame of decodeShown(request, tallies, { ...start, pick, to: before ?? request.to })) {
    // The key frame itself is decoded again, as the first sample from which the others are counted.
    if (frame.pts !== after) yield frame;
  }
}
