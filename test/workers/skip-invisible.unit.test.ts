import { expect, test } from 'vitest';
import type { Caption, Group } from '../../src/core/types.ts';
import type { CaptionModel } from '../../src/workers/captioner.ts';
import { describeVisible } from '../../src/workers/skip-invisible.ts';
import { tinyPicture } from '../support/tiny-bundle.ts';

const { signal } = new AbortController();
const identity = { model: { name: 'fake', version: '1', sha256: '0' }, runtime: 'fake 1' };
const image = { width: 16, height: 16, resize: 'stretch', filter: 'area', matrix: 'bt709' } as const;

const caption = (index: number): Caption => ({
  ...{ video: 'a', index, pts: index, still: false, draft: 'seen', text: 'seen', confidence: 0.9, passes: 2 },
});

/** A model that captions everything, and the indices of what it was given. */
function fake(): { readonly model: CaptionModel; readonly given: number[][] } {
  const given: number[][] = [];
  const captioner = {
    ...{ ...identity, image, concurrency: 1 },
    open: async () => undefined,
    close: async () => undefined,
    caption: async ({ keyframes }: Group) => {
      given.push(keyframes.map(({ index }) => index));
      return keyframes.map(({ index }) => caption(index));
    },
  };
  return { model: { ...identity, image, minConfidence: 0, defaultConcurrency: 1, captioner: () => captioner }, given };
}

/** A group of a picture with something on it for each true, and of a black one for each false. */
function group(...visible: readonly boolean[]): Group {
  const keyframes = visible.map((something, index) => {
    const pixels = tinyPicture('black');
    if (something) pixels.fill(255, 0, 300);
    return { video: 'a', index, pts: index, still: false, width: 16, height: 16, pixels };
  });
  return { video: 'a', index: 0, keyframes };
}

test('a model is given only what shows something; the order stays', async () => {
  const { model, given } = fake();
  const captioner = describeVisible(model).captioner();
  const blank = { draft: '', text: '', confidence: 0, nothingVisible: true };
  expect(await captioner.caption(group(false, true, false, true), { passes: 2 }, signal)).toEqual([
    { ...caption(0), ...blank },
    caption(1),
    { ...caption(2), ...blank },
    caption(3),
  ]);
  expect(await captioner.caption(group(true, true), { passes: 2 }, signal)).toEqual([caption(0), caption(1)]);
  expect(await captioner.caption(group(false), { passes: 1 }, signal)).toEqual([
    { ...caption(0), ...blank, passes: 1 },
  ]);
  expect(given).toEqual([
    [1, 3],
    [0, 1],
  ]);
});
