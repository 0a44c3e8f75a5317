import { expect, test } from 'vitest';
import { untilAbort } from '../../../src/core/lifetime/until-abort.ts';

const never = new Promise<never>(() => undefined);

test('gives the result, or the failure, of what ends first', async () => {
  const { signal } = new AbortController();
  expect(await untilAbort(Promise.resolve(1), signal)).toBe(1);
  await expect(untilAbort(Promise.reject(new Error('no disk')), signal)).rejects.toThrow('no disk');
});

test('an abort ends the wait with its reason, before it begins too; a later failure is ignored', async () => {
  const controller = new AbortController();
  let fail = (_: Error): void => undefined;
  const work = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const waiting = untilAbort(work, controller.signal);
  controller.abort('shutdown');
  await expect(waiting).rejects.toBe('shutdown');
  fail(new Error('too late'));
  await expect(untilAbort(never, controller.signal)).rejects.toBe('shutdown');
  await expect(untilAbort(Promise.reject(new Error('too late')), controller.signal)).rejects.toBe('shutdown');
});
