import type { Redis } from 'ioredis';
import { sentenceOf } from '../../core/errors.ts';
import type { Keys } from './keys.ts';

type Expected = readonly (readonly [key: string, type: string])[];

/** True for the answer of Redis to a command on a key that holds another type. */
export function isWrongType(error: unknown): boolean {
  return /\bWRONGTYPE\b/.test(sentenceOf(error));
}

async function moveAway(redis: Redis, expected: Expected): Promise<string[]> {
  const types = await Promise.all(expected.map(([key]) => redis.type(key)));
  const foreign = expected.filter(([, type], at) => types[at] !== 'none' && types[at] !== type).map(([key]) => key);
  for (const key of foreign) await redis.rename(key, `${key}:moved-away-${Date.now()}`);
  return foreign;
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

/** Moves the keys of a video away that hold a value of another type than this program writes. Returns the keys. */
export function moveForeignKeysOf(redis: Redis, keys: Keys, video: string): Promise<string[]> {
  return moveAway(redis, [
    [keys.record(video), 'hash'],
    [keys.results(video), 'hash'],
    [keys.failedGroups(video), 'set'],
    [keys.frames(video), 'hash'],
  ]);
}
