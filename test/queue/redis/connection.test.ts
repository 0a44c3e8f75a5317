import { expect, test } from 'vitest';
import { enqueueGroups } from '../../../src/queue/enqueue-groups.ts';
import { QueueError } from '../../../src/queue/errors.ts';
import {
  connectClient,
  connectService,
  isInfrastructureError,
  placeOf,
  redisError,
} from '../../../src/queue/redis/connection.ts';
import { freePort, sharedRedis, startRedis } from '../../support/redis.ts';
import { openContext } from '../support/contexts.ts';
import { beginVideo, groups, never, until, wide } from '../support/over-redis.ts';

test('messages name a Redis without its password', () => {
  expect(placeOf('redis://user:hush@queue:6380/2')).toBe('queue:6380');
  expect(placeOf('no address')).toBe('an invalid address');
});

test('an interactive command learns soon that Redis is away, or refuses it', async () => {
  const { port } = sharedRedis();
  const nowhere = { url: `redis://:hush@127.0.0.1:${await freePort()}`, prefix: 'x' };
  await expect(connectClient(nowhere)).rejects.toMatchObject({ code: 'redis-unreachable', retryable: true });
  const wrong = { url: `redis://:hush@127.0.0.1:${port}`, prefix: 'x' };
  const refused = await connectClient(wrong).catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'redis-refused', retryable: false });
  expect(String(refused)).not.toContain('hush');
  await expect(connectClient({ url: 'http://x', prefix: 'x' })).rejects.toMatchObject({ code: 'redis-url' });
});

test('a service waits for Redis, at the start and later', async () => {
  const redis = await startRedis();
  const place = { url: redis.url, prefix: 'x' };
  const states: string[] = [];
  try {
    await redis.kill();
    const connecting = connectService(place, (state) => states.push(state), never);
    await until(() => states.length === 1, 'lost');
    await redis.restart();
    const connection = await connecting;
    await redis.kill();
    await until(() => states.length === 3, 'lost again');
    const answer = connection.ping();
    await redis.restart();
    expect(await answer).toBe('PONG');
    connection.disconnect();
    expect(states.slice(0, 4)).toEqual(['lost', 'back', 'lost', 'back']);
  } finally {
    await redis.remove();
  }
});

test('a full Redis, one that is away and a lost frame store are infrastructure; other errors are not', async () => {
  const redis = await startRedis();
  try {
    const queue = await openContext({ url: redis.url, prefix: 'x' });
    const producer = await beginVideo(queue);
    await queue.redis.config('SET', 'maxmemory', '1');
    const full = await enqueueGroups(queue, producer, groups(1), wide, never).catch((error: unknown) => error);
    expect(isInfrastructureError(full)).toBe(true);
    expect(redisError(full, { url: redis.url, prefix: 'x' })).toMatchObject({ code: 'redis-full', retryable: true });
    await queue.close();
    const away = await queue.redis.ping().catch((error: unknown) => error);
    expect(isInfrastructureError(away)).toBe(true);
    expect(isInfrastructureError(new QueueError('frame-store', 'away'))).toBe(true);
    expect(isInfrastructureError(new QueueError('video-gone', 'over'))).toBe(false);
    expect(isInfrastructureError(new Error('this one is poison'))).toBe(false);
  } finally {
    await redis.remove();
  }
});
