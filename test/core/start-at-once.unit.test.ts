import { expect, test } from 'vitest';
import { startAtOnce } from '../../src/core/start-at-once.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test('the first item is asked for before the loop, the second one in it', async () => {
  const asked: number[] = [];
  const started = startAtOnce(
    (async function* () {
      for (let at = 0; at < 3; at++) {
        asked.push(at);
        yield at;
      }
    })(),
  );
  await new Promise(setImmediate);
  expect(asked).toEqual([0]);
  expect(await collect(started)).toEqual([0, 1, 2]);
});

test('an error of the first item is thrown in the loop', async () => {
  const started = startAtOnce({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('broken')) }),
  });
  await new Promise(setImmediate);
  await expect(collect(started)).rejects.toThrow('broken');
});

test('leaving the loop, or never beginning it, ends the source', async () => {
  let ended = 0;
  const source = async function* () {
    try {
      yield 1;
      yield 2;
    } finally {
      ended++;
    }
  };
  for await (const _ of startAtOnce(source())) break;
  await startAtOnce(source()).return();
  expect(ended).toBe(2);
});
