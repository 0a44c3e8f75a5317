import { expect, test } from 'vitest';
import type { QueueContext } from '../../src/queue/queue-context.ts';
import { submitVideos } from '../../src/queue/video-control.ts';
import { readStatus } from '../../src/services/status.ts';
import { contexts, videoId } from './support/contexts.ts';

const { context } = contexts();

/** How often `act` writes to Redis: a pipeline is one write. */
async function writes<T>({ redis }: QueueContext, act: () => Promise<T>): Promise<{ count: number; result: T }> {
  const { stream } = redis as unknown as { stream: { write: (...values: unknown[]) => boolean } };
  const write = stream.write.bind(stream);
  let count = 0;
  stream.write = (...values) => {
    count += 1;
    return write(...values);
  };
  try {
    return { result: await act(), count };
  } finally {
    stream.write = write;
  }
}

test('a thousand videos are submitted and shown in some dozens of round trips', async () => {
  const queue = await context();
  const submissions = Array.from({ length: 1000 }, (_, n) => ({
    ...{ id: videoId(n), request: JSON.stringify({ name: 'x'.repeat(500) }), name: `${n}.jpg` },
    priority: n % 2 === 0 ? ('normal' as const) : ('low' as const),
  }));
  await submitVideos(queue, submissions.slice(0, 1)); // BullMQ's first words to a queue
  const submitted = await writes(queue, () => submitVideos(queue, submissions));
  expect(submitted.result.map(({ begun }) => begun)).toEqual(submissions.map((_, n) => n > 0));
  expect(submitted.count).toBeLessThan(60);
  expect((await queue.queues.depths())['videos-low']?.waiting).toBe(500);
  expect((await queue.queues.depths())['videos-normal']?.waiting).toBe(500);

  const shown = await writes(queue, () => readStatus(queue));
  expect(shown.result.videos).toHaveLength(1000);
  expect(shown.count).toBeLessThan(40);
});
