import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, rename } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { StateChange } from '../../src/live/live-event.ts';
import { processes } from '../support/processes.ts';
import { makeFolder } from '../support/videos.ts';
import { NO_GSTREAMER, startRtspServer } from './support/gstreamer.ts';
import {
  captionsOf,
  colourCaptioner,
  freeUdpPort,
  isCaption,
  isState,
  startLive,
  startSender,
} from './support/live-runs.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server;
let base: string;
const at = (name: string): string => join(folder.path, name);
beforeAll(async () => {
  folder = await makeFolder();
  server = createServer(async (request, response) => {
    const bytes = await readFile(at(basename(request.url ?? ''))).catch(() => undefined);
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await folder.remove();
});

test('MPEG-TS over UDP: the cable is cut and comes back; a silent sender stalls', async () => {
  const port = await freeUdpPort();
  const place = ['-f', 'mpegts', `udp://127.0.0.1:${port}?pkt_size=188`];
  await using live = await startLive([`yard=udp://127.0.0.1:${port}`]);
  let stalled: StateChange;
  {
    await using sender = startSender(['red'], 3600, ...place);
    await live.until(isCaption('red'));
    sender.process.kill('SIGSTOP');
    stalled = await live.until(isState('stalled'));
    sender.process.kill('SIGCONT');
    stalled = await live.until(isState('live', stalled));
    await live.until((event) => event.kind === 'caption' && event.at > stalled.since);
  }
  const failed = await live.until(isState('failed', stalled));
  expect(failed.reason).toMatch(/sent no picture/);
  await using _ = startSender(['blue'], 3600, ...place);
  const blue = await live.until(isCaption('blue'));
  expect(blue).toMatchObject({ session: 1 });
  await live.stop();
  const times = captionsOf(live.events).map((caption) => caption.at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  // The cue of red ended when the sender went away, not when blue came.
  const red = live.events.filter((event) => event.kind === 'cue' && event.text === 'red').at(-1);
  expect(red).toMatchObject({ end: expect.any(Number) });
  expect((red as { end: number }).end).toBeLessThan(failed.since);
});

test('live HLS: the newest segments, and the end mark ends the source', async () => {
  const options = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '4', '-hls_flags', 'delete_segments'];
  await using _ = startSender(['red', 'blue'], 10, ...options, at('live.m3u8'));
  // A playlist that has never been there is an error: its address may be misspelt.
  await vi.waitFor(() => access(at('live.m3u8')), { timeout: 60_000, interval: 50 });
  await using live = await startLive([`tv=${base}/live.m3u8`], { choice: { mode: 'every', interval: 1_000_000 } });
  const summary = await live.ended;
  expect(new Set(captionsOf(live.events).map(({ text }) => text))).toEqual(new Set(['red', 'blue']));
  expect(summary).toMatchObject({ exitCode: 0, sources: [{ source: 'tv', state: 'ended' }] });
});

test('SRT with a passphrase, and RTMP with a stream key', async () => {
  const [srt, rtmp] = [await freeUdpPort(), await freeTcpPort()];
  const query = 'passphrase=geheimgeheim';
  await using _ = startSender(['red'], 3600, '-f', 'mpegts', `srt://127.0.0.1:${srt}?mode=listener&${query}`);
  await using __ = startSender(['blue'], 3600, '-f', 'flv', '-listen', '1', `rtmp://127.0.0.1:${rtmp}/live/geheim`);
  await using live = await startLive([`a=srt://127.0.0.1:${srt}?${query}`, `b=rtmp://127.0.0.1:${rtmp}/live/geheim`]);
  await live.until(isCaption('red'));
  await live.until(isCaption('blue'));
  const readers = processes().filter(({ parent, command }) => parent === process.pid && command.includes('pipe:0'));
  expect(readers).toHaveLength(2);
  expect(JSON.stringify([readers, live.events, live.notes])).not.toContain('geheim');
});

test('a file that grows, and another file that takes its name', async () => {
  await using live = await startLive([at('now.ts')]);
  {
    await using _ = startSender(['red'], 3600, '-flush_packets', '1', '-f', 'mpegts', at('now.ts'));
    await live.until(isCaption('red'));
  }
  const stalled = await live.until(isState('stalled'));
  expect(stalled.reason).toMatch(/no picture/);
  await using _ = startSender(['blue'], 3600, '-flush_packets', '1', '-f', 'mpegts', at('next.ts'));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await rename(at('next.ts'), at('now.ts'));
  expect(await live.until(isCaption('blue'))).toMatchObject({ session: 1 });
  // Nothing of the first file was read twice.
  expect(
    live.events.filter((event) => event.kind === 'state' && event.state === 'failed' && event.since > stalled.since),
  ).toEqual([]);
});

test('eight cameras at once: each gets its turns, what is left out is said', async () => {
  const ports = await Promise.all(Array.from({ length: 8 }, freeUdpPort));
  const senders = ports.map((port) =>
    startSender(['red'], 3600, '-f', 'mpegts', `udp://127.0.0.1:${port}?pkt_size=188`),
  );
  try {
    const sources = ports.map((port, n) => `cam${n}=udp://127.0.0.1:${port}`);
    // Eight frames a second come, and two can be captioned.
    await using live = await startLive(sources, { captioner: colourCaptioner(500) });
    for (const n of ports.keys()) await live.until((event) => event.kind === 'caption' && event.source === `cam${n}`);
    const from = live.events.length;
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    const counts = [...ports.keys()].map((n) => captionsOf(live.events.slice(from), `cam${n}`).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    const { sources: summary } = await live.stop();
    for (const { behind } of summary) expect(behind).toBeGreaterThan(0);
  } finally {
    for (const sender of senders) await sender[Symbol.asyncDispose]();
  }
});

const hasGstreamer = NO_GSTREAMER === undefined;

let rtsp: ChildProcess | undefined;
afterEach(async () => {
  rtsp?.kill('SIGKILL');
  rtsp = undefined;
});

async function startRtsp(port: number, ...credentials: string[]): Promise<void> {
  rtsp = await startRtspServer(port, { credentials });
}

async function freeTcpPort(): Promise<number> {
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

// .ci/run installs GStreamer where apt can.
test.skipIf(!hasGstreamer).each(['tcp', 'udp'] as const)(
  'RTSP over %s from GStreamer’s server, which goes away and comes back',
  async (transport) => {
    const port = await freeTcpPort();
    await using live = await startLive([`front=rtsp://127.0.0.1:${port}/cam`], { rtspTransport: transport });
    // The camera is away at the start.
    await live.until(isState('failed'));
    await startRtsp(port);
    expect(await live.until(isCaption('red'))).toMatchObject({ source: 'front' });
    const up = await live.until(isState('live'));
    rtsp?.kill('SIGKILL');
    const down = await live.until(isState('failed', up));
    await startRtsp(port);
    await live.until(isState('live', down));
  },
);

test.skipIf(!hasGstreamer)(
  'an RTSP password: not in the process list, not in messages; a wrong one is said at once',
  async () => {
    const port = await freeTcpPort();
    await startRtsp(port, 'admin', 'geheim');
    {
      await using live = await startLive([`front=rtsp://admin:geheim@127.0.0.1:${port}/cam`]);
      await live.until(isCaption('red'));
      const readers = processes().filter(({ parent, command }) => parent === process.pid && /ffmpeg/.test(command));
      expect(readers.length).toBeGreaterThan(0);
      expect(JSON.stringify([readers, live.events, live.notes])).not.toContain('geheim');
    }
    await using wrong = await startLive([`front=rtsp://admin:falsch@127.0.0.1:${port}/cam`]);
    expect(await wrong.until(isState('failed'))).toMatchObject({ reason: expect.stringContaining('401') });
    expect((await wrong.ended).exitCode).toBe(1);
    expect(JSON.stringify(wrong.events)).not.toContain('falsch');
  },
);
