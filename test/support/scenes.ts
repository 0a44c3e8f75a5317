/** Edge of a made camera picture, in pixels: that of the shipped model. */
export const EDGE = 224;

/** A generator of numbers from 0 to 1 that always gives the same ones. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What happens before a made camera besides movement. All off by default. */
export interface Disturbances {
  /** Standard deviation of sensor noise at the model's size, in levels. */
  readonly noise?: number;
  /** Streaks of rain in a picture. */
  readonly rain?: number;
  /** Light at the end, as a share of that at the start. */
  readonly dusk?: number;
  /** Auto-exposure hunts: every so many pictures it changes by a fifth, with the white balance. */
  readonly exposure?: number;
  /** Every so many pictures one is sharper than the rest, as a key frame among coarse ones. */
  readonly pulse?: number;
  readonly seed?: number;
}

/** A stretch of pictures in which somebody goes through, `from` included, `to` not. */
export interface Passage {
  readonly from: number;
  readonly to: number;
}

function background(next: () => number): Float32Array {
  const picture = new Float32Array(EDGE * EDGE * 3);
  const patches = Array.from({ length: 40 }, () => ({
    x: next() * EDGE,
    y: next() * EDGE,
    w: 10 + next() * 60,
    h: 10 + next() * 60,
    colour: [30 + next() * 190, 30 + next() * 190, 30 + next() * 190],
  }));
  for (let y = 0; y < EDGE; y++) {
    for (let x = 0; x < EDGE; x++) {
      const top = patches.findLast(
        (patch) => x >= patch.x && x < patch.x + patch.w && y >= patch.y && y < patch.y + patch.h,
      );
      for (let c = 0; c < 3; c++) picture[(y * EDGE + x) * 3 + c] = top?.colour[c] ?? 90 + (y / EDGE) * 60 + 5 * c;
    }
  }
  return picture;
}

function blurred(picture: Float32Array): Float32Array {
  const out = picture.slice();
  for (let y = 0; y < EDGE; y++) {
    for (let x = 1; x < EDGE - 1; x++) {
      for (let c = 0; c < 3; c++) {
        const at = (y * EDGE + x) * 3 + c;
        out[at] = ((picture[at - 3] ?? 0) + 2 * (picture[at] ?? 0) + (picture[at + 3] ?? 0)) / 4;
      }
    }
  }
  return out;
}

/**
 * Pictures of a camera that stands still, a second apart: somebody the size of `person` (width and height in pixels)
 * crosses it in each of the passages; nothing else moves.
 */
export function* cameraPictures(
  count: number,
  passages: readonly Passage[],
  disturbances: Disturbances = {},
  person: readonly [number, number] = [6, 18],
): Generator<Uint8Array> {
  const { noise = 0, rain = 0, dusk = 1, exposure = 0, pulse = 0, seed = 1 } = disturbances;
  const next = random(seed);
  const plain = background(next);
  const soft = blurred(plain);
  let gains = [1, 1, 1];
  const table = Float32Array.from({ length: 65_537 }, () => 1.7 * noise * (next() + next() + next() + next() - 2));
  for (let at = 0; at < count; at++) {
    const picture = (pulse > 0 && at % pulse !== 0 ? soft : plain).slice();
    const passage = passages.findIndex(({ from, to }) => at >= from && at < to);
    const { from, to } = passages[passage] ?? { from: 0, to: 1 };
    if (passage >= 0) {
      const share = (at - from + 0.5) / (to - from);
      const left = Math.round(8 + share * (EDGE - 16 - person[0]));
      const top = Math.round(60 + ((passage * 37) % 80));
      const dark = passage % 2 === 0 ? 20 : 215;
      for (let y = top; y < top + person[1]; y++) {
        for (let x = left; x < left + person[0]; x++) {
          for (let c = 0; c < 3; c++) picture[(y * EDGE + x) * 3 + c] = dark + 12 * c;
        }
      }
    }
    for (let drop = 0; drop < rain; drop++) {
      const [x, y] = [Math.floor(next() * EDGE), Math.floor(next() * (EDGE - 8))];
      for (let d = 0; d < 8; d++) {
        for (let c = 0; c < 3; c++) {
          const place = ((y + d) * EDGE + x) * 3 + c;
          picture[place] = 0.85 * (picture[place] ?? 0) + 0.15 * 230;
        }
      }
    }
    if (exposure > 0 && at % exposure === exposure - 1) gains = gains.map(() => 0.8 + 0.4 * next());
    const light = 1 + (dusk - 1) * (at / count);
    const [red = 1, green = 1, blue = 1] = gains.map((gain) => gain * light);
    const pixels = new Uint8ClampedArray(picture.length);
    const shift = Math.floor(next() * table.length);
    for (let place = 0; place < picture.length; place += 3) {
      const grain = (place + shift) % (table.length - 2);
      pixels[place] = (picture[place] ?? 0) * red + (table[grain] ?? 0);
      pixels[place + 1] = (picture[place + 1] ?? 0) * green + (table[grain + 1] ?? 0);
      pixels[place + 2] = (picture[place + 2] ?? 0) * blue + (table[grain + 2] ?? 0);
    }
    yield new Uint8Array(pixels.buffer);
  }
}

/** Passages of 3 to 12 pictures with quiet of 15 to 60 between them, up to `count` pictures. */
export function somePassages(count: number, seed: number): Passage[] {
  const next = random(seed);
  const passages: Passage[] = [];
  for (let at = 20; ; ) {
    const to = at + 3 + Math.floor(next() * 10);
    if (to > count - 10) return passages;
    passages.push({ from: at, to });
    at = to + 15 + Math.floor(next() * 45);
  }
}
