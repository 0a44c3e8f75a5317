import { expect, test } from 'vitest';
import { packGroup, unpackGroup } from '../../src/queue/frames.ts';
import { tinyGroup } from '../support/tiny-groups.ts';

test('frames are unpacked as they were packed; a flipped bit shows', () => {
  const group = tinyGroup(['red', 'green', [1, 2, 3]], 5);
  const bytes = packGroup(group);
  expect(unpackGroup(bytes)).toEqual({
    ...group,
    keyframes: group.keyframes.map((frame) => ({ ...frame, pixels: Buffer.from(frame.pixels) })),
  });
  for (const at of [0, 40, bytes.length - 1]) {
    const torn = Buffer.from(bytes);
    torn.writeUInt8(torn.readUInt8(at) ^ 1, at);
    expect(() => unpackGroup(torn)).toThrow(/decoded again/);
  }
  expect(() => unpackGroup(bytes.subarray(0, 20))).toThrow(/decoded again/);
});
