import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { drawExplanation } from '../../src/explain/draw.ts';
import { columnsOf, type Explanation, gridOf, meanEntropy, numbersOf } from '../../src/explain/explanation.ts';
import { cropMargins, heatMap, type Picture } from '../../src/explain/heat.ts';
import type { PassExplanation } from '../../src/workers/bundle/engine.ts';

const GREY: Picture = { width: 80, height: 60, pixels: new Uint8Array(80 * 60 * 3).fill(128) };

/** A caption whose words have the given attention, on a grid of two by two. */
function pass(words: readonly (readonly [text: string, ...attention: number[]])[]): PassExplanation {
  return {
    text: words.map(([text]) => text).join(' '),
    confidence: 0.5,
    words: words.map(([text, ...attention]) => ({ text, attention })),
  };
}

function explanation(draft: PassExplanation, final: PassExplanation, name = 'a.png'): Explanation {
  const model = { name: 'tiny', version: '1', sha256: '0'.repeat(64) };
  return { draft, final, name, model, grid: { columns: 2, rows: 2 }, margins: { across: 0, down: 0 } };
}

const EVEN = [0.1, 0.1, 0.1, 0.1] as const;
const SEEN = explanation(
  pass([
    ['A', ...EVEN],
    ['man', ...EVEN],
    ['rides', 0, 0.5, 0, 0],
  ]),
  pass([
    ['A', ...EVEN],
    ['boy', 0.3, 0.3, 0, 0],
    ['rides', ...EVEN],
    ['fast', ...EVEN],
  ]),
);

test('the grid lies over the picture with its sides', () => {
  expect(gridOf(49, { width: 224, height: 224 })).toEqual({ columns: 7, rows: 7 });
  expect(gridOf(576, { width: 336, height: 336 })).toEqual({ columns: 24, rows: 24 });
  expect(gridOf(8, { width: 200, height: 100 })).toEqual({ columns: 4, rows: 2 });
  expect(() => gridOf(577, { width: 336, height: 336 })).toThrow(/577 visual tokens are no grid/);
});

test('content words side by side, their attention brought to a sum of one', () => {
  const columns = columnsOf(SEEN);
  expect(columns.map(({ draft, final, same }) => [draft?.text, final?.text, same])).toEqual([
    ['man', 'boy', false],
    ['rides', 'rides', true],
    [undefined, 'fast', false],
  ]);
  expect(columns[0]?.final?.shares).toEqual([0.5, 0.5, 0, 0]);
  expect(columns[0]?.final?.onPicture).toBeCloseTo(0.6, 9);
  expect(columns.map(({ draft }) => draft?.entropy)).toEqual([expect.closeTo(2, 9), 0, undefined]);
  expect(meanEntropy(columns, 'draft')).toBeCloseTo(1, 9);
  expect(meanEntropy(columns, 'final')).toBeCloseTo((1 + 2 + 2) / 3, 9);
  expect(meanEntropy([], 'final')).toBeUndefined();
});

test('the numbers say the same', () => {
  const numbers = numbersOf({ ...SEEN, time: 1_500_000, margins: { across: 0.05, down: 0.1 } }) as Record<
    string,
    unknown
  >;
  expect(numbers).toMatchObject({ input: 'a.png', time: 1.5, model: 'tiny@1', grid: { columns: 2, rows: 2 } });
  expect(numbers.draft).not.toHaveProperty('margins');
  expect(numbers.final).toMatchObject({
    margins: { across: 0.05, down: 0.1 },
    text: 'A boy rides fast',
    entropy: 1.6667,
    words: [
      { word: 1, text: 'boy', changed: true, entropy: 1, onPicture: 0.6, attention: [0.5, 0.5, 0, 0] },
      { word: 2, text: 'rides', changed: false },
      { word: 3, text: 'fast', changed: true },
    ],
  });
});

/** Mean brightness of the four quarters of a picture, row by row. */
async function quarters(png: Buffer): Promise<number[]> {
  const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
  const sums = [0, 0, 0, 0];
  for (const [at, value] of data.entries()) {
    const [x, y] = [at % info.width, Math.floor(at / info.width)];
    const quarter = (y < info.height / 2 ? 0 : 2) + (x < info.width / 2 ? 0 : 1);
    sums[quarter] = (sums[quarter] ?? 0) + value;
  }
  return sums;
}

describe('drawing', () => {
  test('a heat map is brightest where the attention is highest', async () => {
    for (const place of [0, 1, 2, 3]) {
      const shares = [0, 1, 2, 3].map((at) => (at === place ? 0.7 : 0.1));
      const sums = await quarters(await heatMap(GREY, shares, { columns: 2, rows: 2 }, 0.7, { width: 60, height: 40 }));
      expect(sums.indexOf(Math.max(...sums))).toBe(place);
    }
  });

  test('what lies within margins, of pictures of any size', async () => {
    const pixels = Uint8Array.from({ length: 10 * 6 * 3 }, (_, i) => Math.floor(i / 3));
    const inner = await cropMargins({ width: 10, height: 6, pixels }, { across: 0.2, down: 0.34 });
    expect({ ...inner, pixels: Array.from(inner.pixels).filter((_, i) => i % 3 === 0) }).toEqual({
      width: 6,
      height: 2,
      pixels: [22, 23, 24, 25, 26, 27, 32, 33, 34, 35, 36, 37],
    });
    const dot = { width: 1, height: 2, pixels: new Uint8Array(6).fill(9) };
    expect(await cropMargins(dot, { across: 0.45, down: 0.45 })).toMatchObject({ width: 1, height: 2 });
  });

  test('the second pass is drawn over its centre crop', async () => {
    // Dark but for a bright frame, which the second pass leaves out: its map is darker than the first pass's.
    const size = 40;
    const framed = Uint8Array.from({ length: size * size * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
      return x < 10 || y < 10 || x >= 30 || y >= 30 ? 255 : 0;
    });
    const picture = { width: size, height: size, pixels: framed };
    const word = pass([['man', ...EVEN]]);
    const whole = explanation(word, word);
    const [same, cropped] = await Promise.all([
      drawExplanation(whole, picture),
      drawExplanation({ ...whole, margins: { across: 0.25, down: 0.25 } }, picture),
    ]);
    const rows = async (png: Buffer): Promise<number[]> => {
      const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
      return Array.from({ length: info.height }, (_, y) =>
        data.subarray(y * info.width, (y + 1) * info.width).reduce((sum, value) => sum + value, 0),
      );
    };
    const [before, after] = [await rows(same), await rows(cropped)];
    const darker = after.flatMap((sum, y) => (sum < (before[y] ?? 0) ? y : []));
    expect(after.every((sum, y) => sum <= (before[y] ?? 0))).toBe(true);
    expect(darker.length).toBeGreaterThan(50);
    expect(Math.min(...darker)).toBeGreaterThan(before.length / 2);
  });

  /** The size of a drawing, and how much of it is not white. */
  async function drawn(what: Explanation, picture = GREY) {
    const png = await drawExplanation(what, picture);
    const { width, height } = await sharp(png).metadata();
    const { data } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
    return { width, height: height ?? 0, ink: data.filter((value) => value < 255).length };
  }

  test('the drawing is a PNG of one width; more words make it longer', async () => {
    const short = await drawn(SEEN);
    expect(short.width).toBe(1200);
    const word = (i: number) => [`word${i}`, ...EVEN] as const;
    const many = pass(Array.from({ length: 15 }, (_, i) => word(i)));
    const long = await drawn(explanation(many, many));
    expect(long.height).toBeGreaterThan(short.height + 400);
    expect(long.ink).toBeGreaterThan(1.5 * short.ink);
  });

  test('no words, hostile names, and pictures of any shape can be drawn', async () => {
    const nothing = pass([]);
    const one = await drawn(explanation(nothing, nothing));
    expect(one.ink).toBeGreaterThan(0);
    const odd = pass([['</text><script>&"\u0000\ud800', ...EVEN]]);
    await drawn(explanation(odd, odd, '<&>"\'\u0007\ufffe.png'));
    for (const [width, height] of [
      [1000, 2],
      [2, 1000],
    ] as const) {
      await drawn(SEEN, { width, height, pixels: new Uint8Array(width * height * 3) });
    }
  });
});
