import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { colourFilm, makeFolder } from '../support/videos.ts';
import { captionsOf, startLive } from './support/live-runs.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

test('a transport stream whose counter wraps around: one session, captions and cues in order of time', async () => {
  // The counter has 33 bits of 90 kHz: 95443.7 s. The muxer adds 1.4 s.
  const film = await colourFilm(
    ['red', 'blue', 'lime'],
    ...['-g', '25', '-output_ts_offset', '95439', join(folder.path, 'wraps.ts')],
  );
  await using live = await startLive([`yard=${film}`], { follow: false });
  const summary = await live.ended;

  const captions = captionsOf(live.events);
  expect(new Set(captions.map(({ session }) => session))).toEqual(new Set([0]));
  expect([...new Set(captions.map(({ text }) => text))]).toEqual(['red', 'blue', 'green']);
  for (const [n, { at, pts, latency }] of captions.entries()) {
    const before = captions[n - 1];
    expect(latency).toBeGreaterThanOrEqual(0);
    if (before === undefined) continue;
    expect(pts - before.pts).toBeGreaterThan(900_000);
    expect(pts - before.pts).toBeLessThan(3_100_000);
    expect(at).toBeGreaterThan(before.at);
  }
  const cues = live.events.filter((event) => event.kind === 'cue');
  expect(cues.map(({ text }) => text)).toEqual(['red', 'blue', 'green']);
  expect(cues[1]?.start).toBe(cues[0]?.end);
  expect(Math.abs((cues[1]?.end ?? 0) - (cues[1]?.start ?? 0) - 2000)).toBeLessThan(500);
  expect(live.events.map((event) => (event.kind === 'state' ? event.state : '')).filter(Boolean)).toEqual([
    'connecting',
    'connecting',
    'live',
    'ended',
  ]);
  expect(live.events.find((event) => event.kind === 'state' && event.reason !== undefined)).toMatchObject({
    state: 'connecting',
    reason: 'connected, waiting for the first key frame',
  });
  expect(summary).toMatchObject({ exitCode: 0, sources: [{ source: 'yard', captions: captions.length, cues: 3 }] });
  expect(summary.latency?.median).toBeGreaterThan(0);
});

test('a server of garbage and a file that is not there are tried again; what can never work is left', async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url !== '/garbage') return void response.writeHead(404).end();
    asked += 1;
    response.writeHead(200).end(Buffer.alloc(200_000, 'no video at all '));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const base = `http://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sources = [`garbage=${base}/garbage`, `gone=${base}/gone`, `away=${join(folder.path, 'away.ts')}`];
    await using live = await startLive(sources);
    for (const source of ['garbage', 'away']) {
      const first = await live.until(
        (event) => event.source === source && event.kind === 'state' && event.state === 'failed',
      );
      const again = await live.until((event) => {
        return event !== first && event.source === source && event.kind === 'state' && event.state === 'failed';
      });
      expect(first).toMatchObject({ retryAt: expect.any(Number), reason: expect.stringMatching(/\w/) });
      // Failed since the first time.
      expect(again).toMatchObject({ since: (first as { since: number }).since });
    }
    expect(asked).toBeGreaterThan(1);
    const left = await live.until(
      (event) => event.source === 'gone' && event.kind === 'state' && event.state === 'failed',
    );
    expect(left).toMatchObject({ reason: expect.stringContaining('404') });
    expect(left).not.toHaveProperty('retryAt');
    const summary = await live.stop();
    expect(summary.exitCode).toBe(3);
    expect(JSON.stringify([live.events, live.notes, summary])).not.toContain('secret');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a port that another program uses is said, with a code, and tried again', async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  try {
    await using live = await startLive([`yard=udp://127.0.0.1:${socket.address().port}`]);
    const failed = await live.until((event) => event.kind === 'state' && event.state === 'failed');
    expect(failed).toMatchObject({
      code: 'port-in-use',
      reason: expect.stringMatching(/^The port of "udp:\/\/127\.0\.0\.1:\d+" is in use by another program: stop/),
      retryAt: expect.any(Number),
    });
  } finally {
    socket.close();
  }
});
