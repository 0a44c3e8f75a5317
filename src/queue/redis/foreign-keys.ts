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

/**
 * Checks the type of a key and moves it away in one step: between two commands a key may expire, or another service may move it.
 * KEYS[1]: the key. ARGV: its type, what is added to its name. Returns 1 if it was moved.
 */
const MOVE_IF_FOREIGN = `
local found = redis.call('TYPE', KEYS[1])['ok']
if found == 'none' or found == ARGV[1] then return 0 end
if ARGV[1] == '${COUNTER}' and found == 'string' then
  local value = redis.call('GETRANGE', KEYS[1], 0, 17)
  if #value <= 17 and string.match(value, '^%-?%d+$') then return 0 end
end
redis.call('RENAME', KEYS[1], KEYS[1] .. ARGV[2])
return 1`;

async function moveAway(redis: Redis, expected: Expected): Promise<string[]> {
  const moved = await Promise.all(
    expected.map(([key, type]) => redis.eval(MOVE_IF_FOREIGN, 1, key, type, `:moved-away-${Date.now()}`)),
  );
  return expected.filter((_, at) => moved[at] === 1).map(([key]) => key);
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
