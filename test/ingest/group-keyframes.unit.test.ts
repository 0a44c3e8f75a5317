import { expect, test } from 'vitest';
import type { Group, Keyframe } from '../../src/core/types.ts';
import { groupKeyframes } from '../../src/ingest/group-keyframes.ts';
import { tinyKeyframe } from '../support/tiny-groups.ts';

async function* frames(indices: readonly number[], video = 'a'): AsyncGenerator<Keyframe> {
  for (const index of indices) yield tinyKeyframe('red', index, video);
}

async function cut(source: AsyncIterable<Keyframe>): Promise<[string, number, number[]][]> {
  const groups: Group[] = [];
  for await (const group of groupKeyframes(source)) groups.push(group);
  return groups.map(({ video, index, keyframes }) => [video, index, keyframes.map((keyframe) => keyframe.index)]);
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('groups are cut at multiples of eight', async () => {
  expect(await cut(frames(range(0, 19)))).toEqual([
    ['a', 0, range(0, 8)],
    ['a', 1, range(8, 16)],
    ['a', 2, range(16, 19)],
  ]);
  expect(await cut(frames(range(0, 16)))).toHaveLength(2);
  expect(await cut(frames([]))).toEqual([]);
});

test('a start in the middle does not shift the cuts, nor does a gap', async () => {
  expect(await cut(frames([13, 14, 15, 16, 30, 31]))).toEqual([
    ['a', 1, [13, 14, 15]],
    ['a', 2, [16]],
    ['a', 3, [30, 31]],
  ]);
});

test('another video begins another group', async () => {
  async function* both(): AsyncGenerator<Keyframe> {
    yield* frames([0, 1], 'a');
    yield* frames([0, 1], 'b');
  }
  expect(await cut(both())).toEqual([
    ['a', 0, [0, 1]],
    ['b', 0, [0, 1]],
  ]);
});

test('a full group leaves before the next keyframe is asked for', async () => {
  let asked = 0;
  async function* counted(): AsyncGenerator<Keyframe> {
    for await (const frame of frames(range(0, 20))) {
      asked++;
      yield frame;
    }
  }
  const groups = groupKeyframes(counted());
  await groups.next();
  expect(asked).toBe(8);
  await groups.return();
});

test('groups end with events, are full at eight keyframes, and are counted', async () => {
  async function* marked(): AsyncGenerator<Keyframe> {
    for (const index of range(0, 16)) {
      const event = index < 3 ? 0 : index < 14 ? 1 : 2;
      yield { ...tinyKeyframe('red', index, 'a'), event: { index: event, start: 0 } };
    }
  }
  expect(await cut(marked())).toEqual([
    ['a', 0, range(0, 3)],
    ['a', 1, range(3, 11)],
    ['a', 2, range(11, 14)],
    ['a', 3, range(14, 16)],
  ]);
});
