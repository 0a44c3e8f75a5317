import { expect, test } from 'vitest';
import { Turns } from '../../../src/web/store/turns.ts';

test('what is asked for one key runs in order, also after a failure; other keys do not wait', async () => {
  const turns = new Turns();
  const ran: string[] = [];
  let release = (): void => undefined;
  const first = turns.take('a', async () => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    ran.push('first');
    throw new Error('no');
  });
  const second = turns.take('a', async () => ran.push('second'));
  await turns.take('b', async () => ran.push('other'));
  expect(ran).toEqual(['other']);
  release();
  await expect(first).rejects.toThrow('no');
  await second;
  expect(ran).toEqual(['other', 'first', 'second']);
});
