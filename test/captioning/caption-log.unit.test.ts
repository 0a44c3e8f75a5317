import { expect, test } from 'vitest';
import { CaptionLog } from '../../src/captioning/caption-log.ts';

function group(index: number) {
  return { index, captions: [] };
}

async function indices(reader: AsyncIterable<{ readonly index: number }>): Promise<number[]> {
  const gathered: number[] = [];
  for await (const { index } of reader) gathered.push(index);
  return gathered;
}

/** True where a promise has not settled once everything that is ready has run. */
async function pending(promise: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol('waiting');
  const turn = new Promise((resolve) => setImmediate(resolve, waiting));
  return (await Promise.race([promise, turn])) === waiting;
}

test('every reader gets all groups in order, whenever it comes and however they arrive', async () => {
  const log = new CaptionLog({ limit: 9, retain: true });
  const early = indices(log.read());
  for (const index of [1, 0, 3]) await log.append(group(index));
  const between = indices(log.read());
  await log.append(group(2));
  log.finish();
  expect(await Promise.all([early, between, indices(log.read())])).toEqual([
    [0, 1, 2, 3],
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ]);
  await log.idle();
});

test('the writer waits for the slowest reader, until it closes', async () => {
  const log = new CaptionLog({ limit: 1, retain: true });
  const slow = log.read();
  const fast = log.read();
  await log.append(group(0));
  const second = log.append(group(1));
  expect(await pending(second)).toBe(true);
  expect([await fast.next(), await fast.next()]).toMatchObject([{ value: { index: 0 } }, { value: { index: 1 } }]);
  expect(await pending(second)).toBe(true);
  await slow.next();
  await second;
  const third = log.append(group(2));
  expect(await pending(third)).toBe(true);
  await slow.return();
  await third;
  expect(await slow.next()).toEqual({ done: true, value: undefined });
});

test('without retaining, a group is dropped when all readers have had it', async () => {
  const log = new CaptionLog({ limit: 9, retain: false });
  const [first, second] = [log.read(), log.read()];
  await log.append(group(0));
  await first.next();
  const third = log.read();
  expect(await third.next()).toMatchObject({ value: { index: 0 } });
  await second.next();
  await expect(log.read().next()).rejects.toMatchObject({ code: 'captions-dropped' });
});

test('a failure reaches every reader and the writer at once', async () => {
  const log = new CaptionLog({ limit: 0, retain: true });
  const reader = log.read();
  const appended = log.append(group(0));
  log.fail(new Error('lost'));
  log.fail(new Error('later'));
  await appended;
  await expect(reader.next()).rejects.toThrow('lost');
  await expect(log.read().next()).rejects.toThrow('lost');
  expect(() => log.throwIfFailed()).toThrow('lost');
  await log.idle();
});
