import { expect, test } from 'vitest';
import { centerCrop } from '../../../src/workers/bundle/center-crop.ts';

/** A picture whose three channels have the value that is told for each place. */
function picture(width: number, height: number, value: (x: number, y: number) => number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const place = Math.floor(i / 3);
    return value(place % width, Math.floor(place / width));
  });
}

/** One channel, row by row. */
function rowsOf(pixels: Uint8Array, width: number): number[][] {
  const values = Array.from(pixels).filter((_, i) => i % 3 === 1);
  return Array.from({ length: values.length / width }, (_, y) => values.slice(y * width, (y + 1) * width));
}

test('the inner pixels are enlarged: those outside are gone, those at its edge go on to the side, between two centres lies their mean', () => {
  // Of four pixels a side the inner two; on the enlarged grid their centres lie at 0.5 and 2.5: worked out by hand.
  const made = picture(4, 4, (x, y) => (x === 0 || y === 0 || x === 3 || y === 3 ? 255 : x === 1 ? 40 : 80));
  for (const row of rowsOf(centerCrop(made, { width: 4, height: 4 }, 1), 4)) expect(row).toEqual([40, 50, 70, 80]);
});

test('sides of unlike lengths; rounded half up', () => {
  // Six wide, four high: the inner four columns and two rows. Columns at (i + 0.5) * 4 / 6 - 0.5, rows as above.
  const made = picture(6, 4, (x, y) => 10 * x + 100 * (y - 1));
  const columns = [0, 1 / 2, 7 / 6, 11 / 6, 5 / 2, 3].map((at) => 10 * (1 + at));
  const want = [0, 25, 75, 100].map((y) => columns.map((x) => Math.floor(x + y + 0.5)));
  expect(rowsOf(centerCrop(made, { width: 6, height: 4 }, 1), 6)).toEqual(want);
});

test('pictures in one row of bytes do not touch each other; no margin changes nothing', () => {
  const size = { width: 8, height: 8 };
  const [one, two] = [picture(8, 8, (x, y) => x * y * 4), picture(8, 8, (x, y) => 255 - x * 7 - y * 20)];
  const both = new Uint8Array([...one, ...two]);
  expect(centerCrop(both, size, 2)).toEqual(new Uint8Array([...centerCrop(one, size, 2), ...centerCrop(two, size, 2)]));
  expect(centerCrop(both, size, 0)).toBe(both);
});
