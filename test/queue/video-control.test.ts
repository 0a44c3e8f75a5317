import { expect, test } from 'vitest';
import type { GroupWork } from '../../src/captioning/run-groups.ts';
import { enqueueGroups } from '../../src/queue/enqueue-groups.ts';
import { cancelVideo, submissionToRetry, submitVideo } from '../../src/queue/video-control.ts';
import { contexts, leftovers, videoId } from './support/contexts.ts';
import { beginVideo, captionA, groups, never, recordedWorker, until, wide } from './support/over-redis.ts';

const { context } = contexts();
const submission = (n: number) => ({ id: videoId(n), request: '{}', priority: 'normal' as const, name: 'made' });

test('the same submission is one job while it is active; afterwards it runs again', async () => {
  const queue = await context();
  const of = submission(9001);
  expect(await submitVideo(queue, of)).toMatchObject({ run: 1, begun: true });
  expect(await submitVideo(queue, of)).toMatchObject({ run: 1, begun: false });
  expect((await queue.queues.depths())['videos-normal']).toMatchObject({ waiting: 1 });
  await queue.records.finish(of.id, 1, 'done', '{}');
  expect(await submitVideo(queue, of)).toMatchObject({ run: 2, begun: true });
});

test('a cancelled video keeps its captions, and continues with them', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  await enqueueGroups(queue, producer, groups(3), wide, never);
  const first = recordedWorker(queue, captionA);
  await until(() => first.events.length === 3, 'three done');
  await first.loop.stop(0);
  await enqueueGroups(queue, producer, groups(5), wide, never);
  expect(await cancelVideo(queue, producer.video)).toMatchObject({ id: producer.video });
  expect(await leftovers(queue)).toEqual([queue.keys.results(producer.video)]);
  await expect(cancelVideo(queue, producer.video)).rejects.toMatchObject({ code: 'video-state' });

  const { run } = await submitVideo(queue, await submissionToRetry(queue, producer.video));
  expect(await queue.records.read(producer.video)).toMatchObject({ state: 'queued', run: 2, done: 6 });
  await queue.records.begin({ video: producer.video, run }, producer.model);
  const second = recordedWorker(queue, captionA);
  await enqueueGroups(queue, { ...producer, run }, groups(5), wide, never);
  await until(() => second.events.length === 2, 'the rest done');
  await second.loop.stop(0);
  expect(second.events.map(({ group }) => group).sort()).toEqual([3, 4]);
});

test('a retry captions failed groups only', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  await enqueueGroups(queue, producer, groups(3), wide, never);
  const poisoned: GroupWork = async (group, signal) => {
    if (group.index === 1) throw new Error('this one is poison');
    return captionA(group, signal);
  };
  const first = recordedWorker(queue, poisoned);
  await until(async () => (await queue.results.missing(producer.video, 3)).length === 0, 'three results');
  await first.loop.stop(0);
  await queue.records.finish(producer.video, producer.run, 'partial', '{}');

  const { run } = await submitVideo(queue, await submissionToRetry(queue, producer.video));
  expect(await queue.results.missing(producer.video, 3)).toEqual([1]);
  const second = recordedWorker(queue, captionA);
  await enqueueGroups(queue, { ...producer, run }, groups(3), wide, never);
  await until(() => second.events.length === 1, 'the failed group done');
  await second.loop.stop(0);
  expect(second.events).toMatchObject([{ group: 1, outcome: 'committed' }]);
  expect(await queue.records.read(producer.video)).toMatchObject({ done: 6, failed: 0, run: 2 });
});

test('only what has not ended well can be retried', async () => {
  const queue = await context();
  const { video, run } = await beginVideo(queue);
  await expect(submissionToRetry(queue, video)).rejects.toMatchObject({ code: 'video-state' });
  await queue.records.finish(video, run, 'done', '{}');
  await expect(submissionToRetry(queue, video)).rejects.toMatchObject({ code: 'video-state' });
  await expect(submissionToRetry(queue, 'v999')).rejects.toMatchObject({ code: 'video-unknown' });
});
