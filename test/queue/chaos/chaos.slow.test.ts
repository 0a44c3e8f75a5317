import { expect, test } from 'vitest';
import { makeFolder } from '../../support/videos.ts';
import { chaos } from './chaos.ts';

test('services and Redis are killed at work: every track is what one machine writes, and Redis is empty', async () => {
  const folder = await makeFolder();
  try {
    const tally = await chaos({
      seed: 20250829,
      kills: 6,
      folder: folder.path,
      seconds: 240,
      pause: [500, 2000],
      tell: () => undefined,
    });
    expect(tally.kills).toBe(6);
    expect(tally.inFlight.every((groups) => groups > 0)).toBe(true);
    expect(tally.tracks).toBe(6 * tally.rounds);
    expect(tally.left).toEqual([]);
    // Asked to end, every service ends in order.
    expect(tally.exits).toEqual([0, 0, 0, 0, 0, 0]);
  } finally {
    await folder.remove();
  }
}, 900_000);
