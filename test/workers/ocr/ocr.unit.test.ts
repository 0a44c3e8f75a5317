import { expect, test } from 'vitest';
import { decodeCtc } from '../../../src/workers/ocr/ctc.ts';
import { convexHull, minAreaRect, widenRect } from '../../../src/workers/ocr/min-area-rect.ts';
import { cutQuad, linearResize, turnAround, turnLeft } from '../../../src/workers/ocr/raster.ts';
import { readingOrder } from '../../../src/workers/ocr/reading-order.ts';
import { textBoxes } from '../../../src/workers/ocr/text-boxes.ts';
import { mayShowText } from '../../../src/workers/ocr/text-edges.ts';

/** A gray picture whose pixel values are given row by row. */
function gray(rows: readonly (readonly number[])[]) {
  const [first = []] = rows;
  return { width: first.length, height: rows.length, pixels: Uint8Array.from(rows.flat().flatMap((v) => [v, v, v])) };
}

function rowsOf({ width, height, pixels }: { width: number; height: number; pixels: Uint8Array }): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => pixels[(y * width + x) * 3] ?? -1),
  );
}

test('a picture is enlarged as OpenCV does it', () => {
  expect(rowsOf(linearResize(gray([[0, 100]]), 4, 1))).toEqual([[0, 25, 75, 100]]);
  expect(rowsOf(linearResize(gray([[0], [100]]), 1, 4))).toEqual([[0], [25], [75], [100]]);
});

test('an upright quad is cut out pixel by pixel', () => {
  const picture = gray([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10, 11, 12],
  ]);
  const quad = [
    { x: 1, y: 1 },
    { x: 3, y: 1 },
    { x: 3, y: 3 },
    { x: 1, y: 3 },
  ] as const;
  expect(rowsOf(cutQuad(picture, quad, 2, 2))).toEqual([
    [6, 7],
    [10, 11],
  ]);
});

test('pictures turn by a quarter to the left, and around', () => {
  const picture = gray([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(rowsOf(turnLeft(picture))).toEqual([
    [3, 6],
    [2, 5],
    [1, 4],
  ]);
  expect(rowsOf(turnAround(picture))).toEqual([
    [6, 5, 4],
    [3, 2, 1],
  ]);
});

test('the least rectangle around a tilted square is the square', () => {
  const points = [
    { x: 5, y: 0 },
    { x: 10, y: 5 },
    { x: 5, y: 10 },
    { x: 0, y: 5 },
    { x: 5, y: 5 },
  ];
  expect(convexHull(points)).toHaveLength(4);
  const rect = minAreaRect(points);
  expect(rect.short).toBeCloseTo(Math.sqrt(50), 6);
  const wide = widenRect(rect, Math.SQRT2);
  expect(wide.short).toBeCloseTo(Math.sqrt(50) + 2 * Math.SQRT2, 6);
  expect(Math.min(...wide.corners.map(({ x }) => x))).toBeCloseTo(-2, 6);
});

test('one point and points on a line have a rectangle too', () => {
  expect(minAreaRect([{ x: 3, y: 4 }]).short).toBe(0);
  expect(minAreaRect([0, 1, 2].map((x) => ({ x, y: x }))).short).toBeCloseTo(0, 9);
});

test('a text box grows by area times 1.6 over perimeter; what is small or unsure is left out', () => {
  const [width, height] = [96, 64];
  const values = new Float32Array(width * height);
  const fill = (left: number, top: number, right: number, bottom: number, value: number) => {
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) values[y * width + x] = value;
  };
  fill(20, 20, 60, 30, 0.9);
  fill(5, 5, 7, 6, 0.9);
  fill(5, 45, 45, 55, 0.4);
  const boxes = textBoxes({ width, height, values }, { width, height });
  // 40 x 10 pixels, dilated by one: a rectangle of 40 x 10 between pixel centres grows by 400 * 1.6 / 100.
  expect(boxes).toEqual([
    [
      { x: 14, y: 14 },
      { x: 66, y: 14 },
      { x: 66, y: 36 },
      { x: 14, y: 36 },
    ],
  ]);
});

test('decoding counts repeats once, unless a blank stands between them', () => {
  const rows = [
    [0, 1, 0],
    [0, 0.5, 0],
    [1, 0, 0],
    [0, 0.8, 0],
    [0, 0, 0.6],
  ];
  expect(decodeCtc(Float32Array.from(rows.flat()), ['', 'a', 'b'])).toEqual({
    text: 'aab',
    confidence: expect.closeTo((1 + 0.8 + 0.6) / 3, 6),
  });
  expect(decodeCtc(Float32Array.from([1, 0, 0]), ['', 'a', 'b'])).toEqual({ text: '', confidence: 0 });
});

test('boxes of one line are read from the left, lines from the top', () => {
  const box = (name: string, x: number, y: number, height = 10) => ({ name, x, y, width: 20, height });
  const order = readingOrder([box('d', 0, 40), box('b', 50, 2), box('a', 0, 4), box('c', 100, 0, 14)]);
  expect(order.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
});

test('a gradient shows no text, stripes may', () => {
  const size = 64;
  const picture = (value: (x: number) => number) =>
    gray(Array.from({ length: size }, () => Array.from({ length: size }, (_, x) => value(x))));
  expect(mayShowText(picture((x) => 4 * x))).toBe(false);
  expect(mayShowText(picture((x) => (x % 4 < 2 ? 0 : 200)))).toBe(true);
});
