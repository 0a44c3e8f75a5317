import { expect, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../../src/core/time/clock.ts';
import { newestInStock } from '../../../src/ingest/live/newest-in-stock.ts';
import type { LiveFrame } from '../../../src/ingest/live/read-live-frames.ts';

/** Frames as pairs of presentation time and arrival, in milliseconds. */
async function* frames(times: readonly (readonly [pts: number | null, arrival: number])[]) {
  for (const [pts, elapsed] of times) {
    const arrival = { now: elapsed, elapsed };
    yield {
      pts: pts === null ? null : pts * 1000,
      arrival,
      width: 1,
      height: 1,
      pixels: new Uint8Array(3),
    } as LiveFrame;
  }
  return 'closed' as const;
}

async function left(times: Parameters<typeof frames>[0]): Promise<(number | null)[]> {
  const found: (number | null)[] = [];
  for await (const { pts } of newestInStock(frames(times), SYSTEM_CLOCK)) found.push(pts === null ? null : pts / 1000);
  return found;
}

test('what comes at once was in stock: its newest frame counts, and all that follow', async () => {
  const stock = [0, 1000, 2000, 3000].map((pts, n) => [pts, n] as const);
  expect(await left([...stock, [4000, 1000], [5000, 1001], [6000, 1002]])).toEqual([3000, 4000, 5000, 6000]);
});

test('a source that keeps the pace loses nothing, and neither does one without times', async () => {
  const paced = [0, 1000, 2000].map((at) => [at, at] as const);
  expect(await left(paced)).toEqual([0, 1000, 2000]);
  expect(
    await left([
      [null, 0],
      [null, 1],
      [null, 2],
    ]),
  ).toEqual([null, null, null]);
  expect(await left([])).toEqual([]);
  expect(await left([[7, 0]])).toEqual([7]);
});

test('what comes faster than it is shown for long is no stock', async () => {
  const film = Array.from({ length: 40 }, (_, n) => [n * 1000, n * 400] as const);
  const found = await left(film);
  expect(found[0]).toBeLessThan(27_000);
  expect(found.at(-1)).toBe(39_000);
});

test('the first frame waits for no second one for long', async () => {
  let send = (): void => undefined;
  const sent = new Promise<void>((resolve) => {
    send = resolve;
  });
  async function* slow() {
    yield* frames([[0, 0]]);
    await sent;
    yield* frames([[1, 900]]);
    return 'ended' as const;
  }
  const read = newestInStock(slow(), SYSTEM_CLOCK);
  // The second one does not come before the first was read.
  expect((await read.next()).value).toMatchObject({ pts: 0 });
  send();
  expect((await read.next()).value).toMatchObject({ pts: 1000 });
  expect(await read.next()).toEqual({ done: true, value: 'ended' });
});
