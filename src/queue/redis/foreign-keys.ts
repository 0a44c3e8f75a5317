import type { Redis } from 'ioredis';
import { sentenceOf } from '../../core/errors.ts';
import type { Keys } from './keys.ts';

type Expected = readonly (readonly [key: string, type: string])[];

/** True for the answer of Redis to a command on a key that holds another type. */
export function isWrongType(error: unknown): boolean {
  return /\bWRONGTYPE\b/.test(sentenceOf(error));
}

/** The type of a key that counts: a string that holds a whole number. */
const COUNTER = 'counter';

async function moveAway(redis: Redis, expected: Expected): Promise<string[]> {
  const isForeign = async ([key, type]: Expected[number]): Promise<boolean> => {
    const found = await redis.type(key);
    if (found === 'none') return false;
    if (type !== COUNTER) return found !== type;
    return found !== 'string' || !/^-?\d{1,16}$/.test(await redis.getrange(key, 0, 17));
  };
  const foreign = await Promise.all(expected.map(isForeign));
  const keys = expected.filter((_, at) => foreign[at]).map(([key]) => key);
  for (const key of keys) await redis.rename(key, `${key}:moved-away-${Date.now()}`);
  return keys;
}

/**
 * Moves keys away that hold a value of another type than this program writes, because every command on them fails: here those that all videos
 * share. Returns the keys.
 */
export function moveForeignKeys(redis: Redis, keys: Keys): Promise<string[]> {
  return moveAway(redis, [
    [keys.open, 'zset'],
    [keys.finished, 'zset'],
    [keys.inFlight, 'zset'],
    [keys.models, 'set'],
    [keys.paused, 'string'],
  ]);
}

/** The keys of one queue of BullMQ, by what follows the queue's name. */
const OF_QUEUE: Expected = [
  ['wait', 'list'],
  ['active', 'list'],
  ['paused', 'list'],
  ['delayed', 'zset'],
  ['prioritized', 'zset'],
  ['completed', 'zset'],
  ['failed', 'zset'],
  ['waiting-children', 'zset'],
  ['marker', 'zset'],
  ['stalled', 'set'],
  ['meta', 'hash'],
  ['events', 'stream'],
  ['stalled-check', 'string'],
  ['limiter', COUNTER],
  ['id', COUNTER],
  ['pc', COUNTER],
];

/** Moves the keys of queues away that hold a value of another type than BullMQ writes. Returns the keys. */
export function moveForeignKeysOfQueues(redis: Redis, prefix: string, queues: readonly string[]): Promise<string[]> {
  return moveAway(
    redis,
    queues.flatMap((queue) => OF_QUEUE.map(([key, type]) => [`${prefix}:${queue}:${key}`, type] as const)),
  );
}

/** Moves the keys of a video away that hold a value of another type than this program writes. Returns the keys. */
export function moveForeignKeysOf(redis: Redis, keys: Keys, video: string): Promise<string[]> {
  return moveAway(redis, [
    [keys.record(video), 'hash'],
    [keys.results(video), 'hash'],
    [keys.failedGroups(video), 'set'],
    [keys.frames(video), 'hash'],
  ]);
}
