import { expect, test } from 'vitest';
import { Semaphore } from '../../../src/workers/pool/semaphore.ts';

const { signal } = new AbortController();

test('a slot has one user at a time, and who waits longest is next', async () => {
  const slots = new Semaphore(['only']);
  const order: number[] = [];
  const use = async (user: number) => {
    const slot = await slots.take(signal);
    order.push(user);
    await Promise.resolve();
    slots.give(slot);
  };
  await Promise.all([use(1), use(2), use(3)]);
  expect(order).toEqual([1, 2, 3]);
});

test('who gives up waiting neither gets nor loses a slot', async () => {
  const slots = new Semaphore(['only']);
  const slot = await slots.take(signal);
  const controller = new AbortController();
  const impatient = slots.take(controller.signal);
  const patient = slots.take(signal);
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(impatient).rejects.toBe(reason);
  slots.give(slot);
  expect(await patient).toBe('only');
  slots.give('only');
  await expect(slots.take(controller.signal)).rejects.toBe(reason);
  expect(await slots.take(signal)).toBe('only');
});
