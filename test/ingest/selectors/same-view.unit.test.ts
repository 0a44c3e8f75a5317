import { expect, test } from 'vitest';
import type { Frame } from '../../../src/ingest/decode/decode-frames.ts';
import { EveryCandidate } from '../../../src/ingest/selectors/every-candidate.ts';
import { isSameView } from '../../../src/ingest/selectors/same-view.ts';
import { SceneMarks } from '../../../src/ingest/selectors/scene-marks.ts';
import { signatureOf } from '../../../src/ingest/selectors/signature.ts';
import { randomNumbers } from '../../pipeline/support/captions.ts';

const SIZE = 64;
const IMAGE = { width: SIZE, height: SIZE, resize: 'stretch', filter: 'bicubic', matrix: 'bt601' } as const;

/** A picture of coloured tiles, different for each seed. */
function tiles(seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const colours = Array.from({ length: 64 * 3 }, () => Math.floor(60 + 120 * random()));
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % SIZE, Math.floor(at / 3 / SIZE)];
    return colours[(Math.floor(y / 8) * 8 + Math.floor(x / 8)) * 3 + (at % 3)] ?? 0;
  });
}

/** The picture with a plain block before it, `width` pixels wide from `left` on. */
function behind(picture: Uint8Array, left: number, width: number): Uint8Array {
  return picture.map((value, at) => {
    const x = Math.floor(at / 3) % SIZE;
    return x >= left && x < left + width ? 20 : value;
  });
}

const signature = (pixels: Uint8Array) => signatureOf(pixels, SIZE, SIZE);

test('a view stays the same whatever moves before it, and whatever the light', () => {
  const view = tiles(1);
  expect(isSameView(signature(view), signature(behind(view, 10, 24)))).toBe(true);
  expect(isSameView(signature(behind(view, 40, 16)), signature(behind(view, 4, 16)))).toBe(true);
  expect(isSameView(signature(view), signature(view.map((value) => value + 40)))).toBe(true);
});

test('another picture is another view, and so is one with nothing in it', () => {
  expect(isSameView(signature(tiles(1)), signature(tiles(2)))).toBe(false);
  const plain = new Uint8Array(SIZE * SIZE * 3).fill(90);
  expect(isSameView(signature(plain), signature(plain.map(() => 140)))).toBe(false);
  expect(isSameView(signature(tiles(1)), signature(plain))).toBe(false);
});

test('scenes are numbered: a new one begins with another view, or where a cut is known', () => {
  const view = tiles(1);
  const pictures = [view, behind(view, 20, 20), tiles(2), tiles(2), tiles(3)];
  const marks = new SceneMarks(new EveryCandidate(IMAGE), IMAGE);
  const frames = pictures.map((pixels, at): Frame => ({ pts: at * 1e6, key: true, pixels }));
  expect(frames.flatMap((frame) => marks.push(frame)).map(({ scene }) => scene)).toEqual([0, 0, 1, 1, 2]);
  const known = new SceneMarks(
    { push: ({ pts, pixels }) => [{ pts, pixels, still: false, cut: true }], finish: () => [] },
    IMAGE,
  );
  expect(
    [view, view].flatMap((pixels, at) => known.push({ pts: at, key: true, pixels })).map((each) => each.scene),
  ).toEqual([0, 1]);
});
