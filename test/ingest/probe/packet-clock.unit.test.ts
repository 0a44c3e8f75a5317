import { describe, expect, it } from 'vitest';
import { PacketClock } from '../../../src/ingest/probe/packet-clock.ts';

const FRAME = 40_000;

/** A clock that has seen packets at these times (seconds), each a frame long. */
function clockOf(...seconds: number[]): PacketClock {
  const clock = new PacketClock();
  for (const time of seconds) clock.next(Math.round(time * 1_000_000), FRAME);
  return clock;
}

describe('the clock of packets', () => {
  it.each([
    ['goes on', [1.4, 1.44, 1.48], true, 0.12],
    ['steps back by little', [1, 1.04, 0.9, 1.08], true, 0.12],
    ['starts again', [1.4, 2.4, 1.4, 1.44], false, 1.12],
    [
      'starts again at an earlier time, which ffmpeg takes for a counter that ran over',
      [101, 101.04, 95_344, 95_344.04],
      false,
      0.16,
    ],
    ['has one late packet', [1.4, 1.44, 7, 7.04, 1.48, 7.08], true, 5.72],
    ['starts again twice', [5, 6, 1, 2, 1, 2], false, 3.12],
  ])('%s', (_, times, continuous, length) => {
    const clock = clockOf(...times);
    expect(clock.continuous).toBe(continuous);
    expect(clock.length / 1_000_000).toBeCloseTo(length, 6);
  });

  it('knows the longest pause of more than ten seconds', () => {
    expect(clockOf(0, 5, 14).pause).toBeNull();
    expect(clockOf(0, 12, 40, 55).pause).toEqual({ from: 12_000_000, to: 40_000_000 });
  });
});
