import type { RawPicture } from './regions/detail-regions.ts';

/*
 * Whether a picture shows anything to describe. A captioner that is given a blank picture invents something ("A man is standing in front
 * of a sign", for black). The limits hold for pictures of the size that models take, about 224 pixels a side. Of 636 keyframes of 19
 * clips (bench/visibility.ts) nothing is visible in 365: all of a black film, and the first of two fades from black.
 */

/** Cells a side: small enough to average noise away, large enough to keep a word of text. */
const CELLS = 28;
/** The means of the cells of a picture of one colour differ by no more than this, in every channel... */
const FLAT_RANGE = 10;
/** ...and by what noise adds: for each unit of standard deviation within cells, the range of 784 means of 64 pixels. */
const RANGE_PER_NOISE = 0.9;
/** With more noise than this (standard deviation) it is a texture. */
const FLAT_NOISE = 18;
/** A picture is too dark to read if almost all of its pixels are darker than this. */
const DARK = 24;
/** The share of pixels that may be brighter: hot pixels and a recorder's dot. */
const BRIGHT_SHARE = 0.002;

/** False for pictures of one colour, for those too dark to read, and for colour bars. */
export function isAnythingVisible(picture: RawPicture): boolean {
  return !isDark(picture) && !isFlat(picture) && !isColourBars(picture);
}

function isDark({ pixels }: RawPicture): boolean {
  const most = BRIGHT_SHARE * (pixels.length / 3);
  let bright = 0;
  for (let at = 0; at < pixels.length; at += 3) {
    const luma = 0.2126 * (pixels[at] ?? 0) + 0.7152 * (pixels[at + 1] ?? 0) + 0.0722 * (pixels[at + 2] ?? 0);
    if (luma > DARK) bright += 1;
    if (bright > most) return false;
  }
  return true;
}

/** Mean and variance of a channel over a rectangle. */
function statisticsOf({ pixels, width }: RawPicture, channel: number, [x0, x1]: Span, [y0, y1]: Span) {
  let sum = 0;
  let squares = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const value = pixels[3 * (y * width + x) + channel] ?? 0;
      sum += value;
      squares += value * value;
    }
  }
  const count = (x1 - x0) * (y1 - y0);
  const mean = sum / count;
  return { mean, variance: Math.max(0, squares / count - mean * mean) };
}

function meanOf(picture: RawPicture, channel: number, columns: Span, rows: Span): number {
  return statisticsOf(picture, channel, columns, rows).mean;
}

/** From the first to before the last. */
type Span = readonly [number, number];

function spans(length: number, count: number): Span[] {
  const parts = Math.min(length, count);
  const edge = (at: number): number => Math.round((at * length) / parts);
  return Array.from({ length: parts }, (_, at) => [edge(at), edge(at + 1)] as const);
}

function isFlat(picture: RawPicture): boolean {
  const columns = spans(picture.width, CELLS);
  const rows = spans(picture.height, CELLS);
  return [0, 1, 2].every((channel) => {
    const cells = rows.flatMap((row) => columns.map((column) => statisticsOf(picture, channel, column, row)));
    const noise = Math.sqrt(cells.reduce((sum, { variance }) => sum + variance, 0) / cells.length);
    const means = cells.map(({ mean }) => mean);
    const range = Math.max(...means) - Math.min(...means);
    return noise <= FLAT_NOISE && range <= FLAT_RANGE + RANGE_PER_NOISE * noise;
  });
}

/** Neighbouring columns of one bar differ by no more than this. */
const BAR_STEP = 6;
/** A channel of a bar is off below this. */
const BAR_OFF = 24;
/** Colours that are neither black, grey nor white; bars show all six. */
const BAR_COLOURS = 5;

/** True for the colour bars of SMPTE and EBU: upright, even stripes, in which each channel is either off or fully on. */
function isColourBars(picture: RawPicture): boolean {
  const { width, height } = picture;
  // The lower part of the pattern differs from card to card.
  const upper: Span = [Math.round(0.1 * height), Math.round(0.55 * height)];
  const middle = Math.round((upper[0] + upper[1]) / 2);
  if (middle <= upper[0]) return false;
  const columns = Array.from({ length: width }, (_, x) => [0, 1, 2].map((c) => meanOf(picture, c, [x, x + 1], upper)));
  const above = [upper[0], middle] as const;
  const upright = columns.every((means, x) =>
    means.every((mean, c) => Math.abs(mean - meanOf(picture, c, [x, x + 1], above)) < BAR_STEP),
  );
  if (!upright) return false;

  const colours = new Set<number>();
  let covered = 0;
  for (let start = 0; start < width; ) {
    let end = start + 1;
    while (end < width && isSameBar(columns[end], columns[end - 1])) end += 1;
    if (end - start >= width / 24) {
      covered += end - start;
      colours.add(barColour(columns[Math.floor((start + end) / 2)] ?? []));
    }
    start = end;
  }
  const pure = [...colours].filter((colour) => colour > 0 && colour < 7).length;
  return covered >= 0.75 * width && pure >= BAR_COLOURS;
}

function isSameBar(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return (a ?? []).every((value, c) => Math.abs(value - (b?.[c] ?? 0)) <= BAR_STEP);
}

/** One bit a channel that is on; 0 where a channel is neither on nor off, and for black. */
function barColour(means: readonly number[]): number {
  const top = Math.max(...means);
  const pure = means.every((mean) => mean <= BAR_OFF || mean >= 0.85 * top);
  return pure ? means.reduce((bits, mean, c) => bits | (mean > BAR_OFF ? 1 << c : 0), 0) : 0;
}
