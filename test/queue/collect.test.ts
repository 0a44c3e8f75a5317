import { expect, test } from 'vitest';
import { collectGroups, requireActiveRun, waitFor } from '../../src/queue/collect.ts';
import { cancelVideo } from '../../src/queue/video-control.ts';
import { tinyGroup } from '../support/tiny-groups.ts';
import { contexts } from './support/contexts.ts';
import { beginVideo, captionA, never } from './support/over-redis.ts';

const { context } = contexts();

test('captions come in order, and end with the report', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  const commit = async (group: number): Promise<void> => {
    const captions = [...(await captionA(tinyGroup(['red'], group), never))];
    await queue.results.commit({ ...producer, group }, { captions, runtime: `runtime ${group}`, host: 'here' });
  };
  const runtimes: string[] = [];
  const collected = collectGroups(queue, producer, { signal: never, onRuntime: (runtime) => runtimes.push(runtime) });
  await commit(1);
  const first = collected.next();
  await commit(0);
  expect((await first).value?.index).toBe(0);
  expect((await collected.next()).value?.index).toBe(1);
  const end = collected.next();
  await queue.records.update(producer, { report: '{}', groups: 2 });
  expect(await end).toEqual({ done: true, value: undefined });
  expect(runtimes).toEqual(['runtime 0', 'runtime 1']);
});

test('a run that is over ends the wait', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  const waiting = waitFor(queue, producer, ({ media }) => media, never);
  const collecting = collectGroups(queue, producer, { signal: never }).next();
  await Promise.all([
    expect(waiting).rejects.toMatchObject({ code: 'video-gone' }),
    expect(collecting).rejects.toMatchObject({ code: 'video-gone' }),
    cancelVideo(queue, producer.video),
  ]);
  await expect(requireActiveRun(queue, { ...producer, run: 2 })).rejects.toThrow(/it was restarted/);
});

test('an abort ends the wait with its reason', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  const reason = new Error('Ctrl-C');
  const controller = new AbortController();
  const waiting = collectGroups(queue, producer, { signal: controller.signal }).next();
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});
