import { expect, test } from 'vitest';
import { groupJobId, groupsQueue, readJob, runJobId, videosQueue } from '../../src/queue/jobs.ts';
import { rankOf } from '../../src/queue/priority.ts';

const video = `v${'0'.repeat(24)}`;
const model = 'ab'.repeat(32);

test('payloads are checked field by field', () => {
  expect(readJob('video', { video, run: 1 })).toEqual({ video, run: 1 });
  const group = { video, run: 1, group: 0, model, passes: 1 };
  expect(readJob('group', group)).toEqual(group);
  for (const wrong of [{ ...group, passes: 3 }, { ...group, video: '../etc' }, { ...group, more: 1 }, 'text', null]) {
    expect(() => readJob('group', wrong)).toThrow(/payload of a group job was not written by this version/);
  }
});

test('IDs and queues are names that BullMQ takes', () => {
  const names = [runJobId({ video, run: 2 }), groupJobId({ video, run: 2, group: 3 }), groupsQueue(model)];
  for (const name of [...names, videosQueue('high')]) expect(name).not.toMatch(/:|^\d+$/);
  expect(groupsQueue(model)).toBe('groups-abababababab');
});

test('higher priorities have smaller ranks', () => {
  expect((['high', 'normal', 'low'] as const).map(rankOf)).toEqual([1, 2, 3]);
});
