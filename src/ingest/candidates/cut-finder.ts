import type { ImageSpec, Micros } from '../../core/types.ts';
import type { DecodeTally, Frame } from '../decode/decode-frames.ts';
import { seekBefore } from '../decode/seek.ts';
import { packets } from '../probe/packets.ts';
import { microsToSeconds } from '../probe/rational.ts';
import type { SelectedFrame } from '../selectors/keyframe-selector.ts';
import { sceneSelector } from '../selectors/scene.ts';
import { differenceOf, signatureOf } from '../selectors/signature.ts';
import { type CandidateRequest, decode, seekBehindKey } from './decodings.ts';
import { GopSizes } from './gop-sizes.ts';

/** In shorter GOPs the next key frame shows a new scene soon enough. */
const LONG_GOP: Micros = 2_000_000;
/** Longer ones are sampled only, because each is decoded from its start, and their cuts are known to a second. */
const LONGEST_GOP: Micros = 60_000_000;
/** Mean difference of two key frames from which a scene may have begun between them. */
const OTHER_SCENE = 10;
/** How long a scene has lasted, at least, when a part of it is looked at. */
const BEFORE: Micros = 1_000_000;
/** GOPs differ by this much (packets, and time) though the encoder makes them all equally long. */
const EQUALLY_LONG = { packets: 1, time: 100_000 };

/**
 * Finds the scenes that begin between two key frames which are far apart. Such a GOP is decoded where its packets look like those of a cut, and where
 * its two key frames differ although the second one stands where the encoder's longest GOPs end: an encoder that places key frames at cuts would
 * have placed it earlier. To be asked in order of time.
 */
export class CutFinder {
  readonly #request: CandidateRequest;
  readonly #tallies: DecodeTally[];
  #sizes: GopSizes | undefined;
  #longest = { packets: 0, time: 0 };

  constructor(request: CandidateRequest, tallies: DecodeTally[]) {
    this.#request = request;
    this.#tallies = tallies;
  }

  /** The first frames of the scenes that begin after a key frame, before the next one. */
  async *between(key: Frame, next: Frame): AsyncGenerator<Frame, void, void> {
    const time = next.pts - key.pts;
    if (time <= LONG_GOP || time > LONGEST_GOP) return;
    const { packets, jump } = await this.#open().between(key.pts, next.pts);
    const longest = { packets: Math.max(packets, this.#longest.packets), time: Math.max(time, this.#longest.time) };
    this.#longest = longest;
    const isLongest = packets >= longest.packets - EQUALLY_LONG.packets || time >= longest.time - EQUALLY_LONG.time;
    if (jump || packets === 0 || (isLongest && this.#differ(key, next)))
      yield* this.#locate(key.pts, key.pts, next.pts);
  }

  /**
   * Samples of a part without key frames, the first and the last of a range, and from the first two on that differ, the first frames of the scenes
   * that begin between them.
   * @param before the key frame before it, where there is one
   */
  async *amongSamples(
    samples: AsyncIterable<Frame>,
    { before, until }: { readonly before: Frame | undefined; readonly until: Micros | null },
  ): AsyncGenerator<Frame, void, void> {
    let previous = before;
    let start = before?.pts;
    let scenes: AsyncGenerator<Frame, void, void> | undefined;
    try {
      let scene: Frame | undefined;
      for await (const sample of samples) {
        start ??= sample.pts;
        const end = start + LONGEST_GOP;
        if (scenes === undefined && previous !== undefined && sample.pts <= end && this.#differ(previous, sample)) {
          scenes = this.#locate(before?.pts ?? null, previous.pts, Math.min(until ?? end, end));
          scene = await nextOf(scenes);
        }
        for (; scenes !== undefined && scene !== undefined && scene.pts <= sample.pts; scene = await nextOf(scenes)) {
          if (scene.pts < sample.pts) yield scene;
        }
        yield sample;
        previous = sample;
      }
      if (scene !== undefined) yield scene;
      if (scenes !== undefined) yield* scenes;
    } finally {
      await scenes?.return();
    }
  }

  /** Ends what runs. */
  async close(): Promise<void> {
    await this.#sizes?.close();
  }

  #open(): GopSizes {
    const { source, media, from, signal } = this.#request;
    const start = seekBefore(media, from);
    const interval = start === null ? [] : ['-read_intervals', `${microsToSeconds(start)}%`];
    const selection = [...interval, '-select_streams', String(media.stream)];
    this.#sizes ??= new GopSizes(packets(source, media.container, selection, signal));
    return this.#sizes;
  }

  #differ(key: Frame, next: Frame): boolean {
    const { width, height } = this.#request.image;
    const [before, after] = [key, next].map(({ pixels }) => signatureOf(pixels, width, height));
    return before !== undefined && after !== undefined && differenceOf(before, after).mean >= OTHER_SCENE;
  }

  /**
   * Decodes a part of a GOP, small, to find where scenes begin, then these frames at the size that is asked for.
   * @param key where decoding can begin, where that is known
   */
  async *#locate(key: Micros | null, from: Micros, until: Micros): AsyncGenerator<Frame, void, void> {
    const request = this.#request;
    const seek = key === null ? seekBefore(request.media, from) : seekBehindKey(request, key);
    const image: ImageSpec = { ...request.image, width: 64, height: 64, resize: 'stretch', filter: 'bilinear' };
    const selector = sceneSelector.create(image);
    const selected: SelectedFrame[] = [];
    let begun = false;
    // The frame after the part shows whether a scene lasts that begins shortly before.
    const range = { from, to: until + 1, seek };
    for await (const frame of decode({ ...request, image }, this.#tallies, { pick: 'all', ...range })) {
      // The scene in which the part begins may be older: a cut right after it is one.
      if (!begun) selector.push({ ...frame, pts: frame.pts - BEFORE });
      begun = true;
      selected.push(...selector.push(frame));
    }
    selected.push(...selector.finish(until));
    const at = selected.map(({ pts }) => pts).filter((pts) => pts > from && pts < until);
    const last = at.at(-1);
    if (last === undefined) return;
    const found = decode(request, [], { pick: { at }, from, to: last + 1, seek });
    for await (const frame of found) yield { ...frame, cut: true };
  }
}

async function nextOf(frames: AsyncGenerator<Frame, void, void>): Promise<Frame | undefined> {
  return (await frames.next()).value ?? undefined;
}
