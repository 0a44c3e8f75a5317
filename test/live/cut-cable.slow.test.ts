import { describe, expect, test, vi } from 'vitest';
import { layCable, NO_CABLES } from './support/cable.ts';
import { NO_GSTREAMER, startRtspServer } from './support/gstreamer.ts';
import { captionsOf, isCaption, isState, startLive } from './support/live-runs.ts';

vi.setConfig({ testTimeout: 300_000 });
const PORT = 8554;
const reason = NO_CABLES ?? NO_GSTREAMER;

describe.skipIf(reason !== undefined)(`a cut cable${reason === undefined ? '' : `: ${reason}`}`, () => {
  test.each([
    ['tcp', 'unplugged'],
    ['tcp', 'silent'],
    ['udp', 'unplugged'],
    ['udp', 'silent'],
  ] as const)('RTSP over %s, %s: stalled, failed, and live again', async (rtspTransport, how) => {
    await using cable = await layCable();
    const { address, namespace } = cable;
    const server = await startRtspServer(PORT, { address, namespace });
    try {
      // `every:1s`: a picture of one colour is captioned again and again.
      const choice = { mode: 'every', interval: 1_000_000 } as const;
      await using live = await startLive([`front=rtsp://${address}:${PORT}/cam`], { rtspTransport, choice });
      await live.until(isCaption('red'));
      const up = await live.until(isState('live'));
      await (how === 'unplugged' ? cable.unplug() : cable.lose());
      const cut = Date.now();
      const stalled = await live.until(isState('stalled', up));
      expect(stalled.reason).toMatch(/no picture/);
      const failed = await live.until(isState('failed', stalled));
      expect(failed).toMatchObject({
        reason: expect.stringMatching(/no picture|reach|time|closed/),
        retryAt: expect.any(Number),
      });
      // Tried again while it is away, and failed since the first time.
      const again = await live.until(isState('failed', failed));
      expect(again.since).toBe(failed.since);
      await (how === 'unplugged' ? cable.plug() : cable.deliver());
      const back = Date.now();
      await live.until(isState('live', again));
      await live.until((event) => event.kind === 'caption' && event.at > back);
      const summary = await live.stop();
      expect(summary.sources).toMatchObject([{ lost: 1, state: 'live' }]);

      const captions = captionsOf(live.events);
      const times = captions.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(new Set(captions.map(({ session }) => session)).size).toBeGreaterThan(1);
      // No picture is placed in the time without one; the cue of the last one ended with it.
      const during = times.filter((at) => at > cut + 3000 && at < back);
      expect(during).toEqual([]);
      const cues = live.events.flatMap((event) => (event.kind === 'cue' ? [event] : []));
      expect(cues).toHaveLength(2);
      expect(cues[0]?.end).toBeLessThan(cut + 3000);
      expect(cues[1]?.start).toBeGreaterThanOrEqual(back - 1000);
    } finally {
      server.kill('SIGKILL');
    }
  });
});
