import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';
import type { StateChange } from '../../src/live/live-event.ts';
import { processes } from '../support/processes.ts';
import { freeUdpPort, isState, QUICK, startLive } from './support/live-runs.ts';

vi.setConfig({ testTimeout: 300_000 });
const TIMINGS = { ...QUICK, firstPicture: 4000, firstRetry: 500, longestRetry: 1000 };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A TCP server that answers each connection with bytes of `make`, for as long as they are taken. */
async function startTcp(make: () => Buffer | undefined): Promise<{ readonly port: number; connections(): number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.resume();
    const send = (): void => {
      for (let bytes = make(); bytes !== undefined; bytes = make()) {
        if (socket.destroyed || !socket.write(bytes)) return;
      }
    };
    socket.on('drain', send);
    send();
    cleanups.push(() => socket.destroy());
  });
  return { port: await listen(server), connections: () => connections };
}

/** Sends packets of `make` to a UDP port, ten every five milliseconds. */
function sendUdp(port: number, make: () => Buffer): void {
  const socket = createSocket('udp4');
  const timer = setInterval(() => {
    for (let n = 0; n < 10; n += 1) socket.send(make(), port, '127.0.0.1');
  }, 5);
  cleanups.push(() => {
    clearInterval(timer);
    socket.close();
  });
}

/** Packets of a transport stream with nothing but noise behind their first byte. */
function noise(): Buffer {
  const bytes = randomBytes(7 * 188);
  for (let at = 0; at < bytes.length; at += 188) bytes[at] = 0x47;
  return bytes;
}

/** The states of three failures of a source, one after the other. */
async function failures(address: string): Promise<StateChange[]> {
  await using live = await startLive([`front=${address}`], { timings: TIMINGS });
  const first = await live.until(isState('failed'));
  const second = await live.until(isState('failed', first));
  const third = await live.until(isState('failed', second));
  const summary = await live.stop();
  expect(live.events.filter(({ kind }) => kind === 'caption' || kind === 'cue')).toEqual([]);
  // It was never live.
  expect(summary.sources).toMatchObject([{ state: 'failed', captions: 0, lost: 0 }]);
  return [first, second, third];
}

function expectTriedAgain(states: readonly StateChange[]): void {
  for (const { since, reason, retryAt } of states) {
    expect(since).toBe(states[0]?.since);
    // One line that names the source.
    expect(reason).toMatch(/^[^\n]*"[^"]+"[^\n]*$/);
    expect(retryAt).toBeGreaterThan(since);
  }
}

const ENDLESS = (): Buffer => randomBytes(16_384);

test.each([
  ['random bytes without end', () => ENDLESS],
  ['random bytes, then the end', () => once(randomBytes(5000))],
  ['nothing at all', () => () => undefined],
  ['another protocol', () => once(Buffer.from('220 mail.example.org ESMTP\r\n'))],
] as const)('an RTSP port that sends %s: failed with a reason, tried again with pauses', async (_, make) => {
  const server = await startTcp(make());
  const states = await failures(`rtsp://127.0.0.1:${server.port}/cam`);
  expectTriedAgain(states);
  expect(server.connections()).toBeLessThanOrEqual(6);
});

function once(bytes: Buffer): () => Buffer | undefined {
  let left: Buffer | undefined = bytes;
  return () => {
    const sent = left;
    left = undefined;
    setTimeout(() => {
      left = bytes;
    }, 300);
    return sent;
  };
}

/** A web server with a playlist; its segments are noise. */
async function startHls(playlist: () => Buffer): Promise<{ readonly address: string; asked(): number }> {
  let asked = 0;
  const server = createHttpServer((request, response) => {
    asked += 1;
    const isSegment = request.url?.endsWith('.ts') === true;
    response
      .on('error', () => undefined)
      .end(isSegment ? Buffer.concat(Array.from({ length: 50 }, noise)) : playlist());
  });
  const port = await listen(server);
  cleanups.push(() => server.closeAllConnections());
  return { address: `http://127.0.0.1:${port}/live.m3u8`, asked: () => asked };
}

const HEAD = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n';
const SEGMENT = '#EXTINF:1,\nnoise.ts\n';

test.each([
  ['random bytes', () => randomBytes(100_000)],
  ['segments of noise', () => Buffer.from(HEAD + SEGMENT)],
  // It is read again every second: the other sources go on meanwhile.
  ['hundreds of thousands of segments', () => Buffer.from(HEAD + SEGMENT.repeat(190_000))],
] as const)('HLS: %s: failed with a reason, tried again with pauses', async (_, make) => {
  const server = await startHls(make);
  let late = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    late = Math.max(late, performance.now() - last - 50);
    last = performance.now();
  }, 50);
  expectTriedAgain(await failures(server.address));
  clearInterval(timer);
  expect(server.asked()).toBeLessThan(300);
  expect(late).toBeLessThan(5000);
});

test.each([
  ['of nonsense', `#EXTM3U\n#EXT-X-TARGETDURATION:x\n${'\u0000%%/..//\n'.repeat(50)}`, /not allowed in a playlist/],
  ['that names itself', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n', /nested too deep/],
])('HLS: a playlist %s that has never worked is left, with the reason', async (_, text, reason) => {
  const server = await startHls(() => Buffer.from(text));
  // The reason comes at once, and not because no picture has come for a while.
  await using live = await startLive([`front=${server.address}`], { timings: { ...TIMINGS, firstPicture: 30_000 } });
  const failed = await live.until(isState('failed'));
  expect(failed.reason).toMatch(reason);
  expect(failed).not.toHaveProperty('retryAt');
  expect(await live.ended).toMatchObject({ exitCode: 1 });
  expect(server.asked()).toBeLessThan(50);
});

test('MPEG-TS over UDP of noise: no picture, a reason, and no ffmpeg that is left', async () => {
  for (const make of [noise, () => randomBytes(1316)]) {
    const port = await freeUdpPort();
    sendUdp(port, make);
    const states = await failures(`udp://127.0.0.1:${port}`);
    expectTriedAgain(states);
  }
  // No ffmpeg is left.
  expect(processes().filter(({ parent, command }) => parent === process.pid && /ffmpeg/.test(command))).toEqual([]);
});

/** What this process holds, after what is not needed was collected. */
function held(collect: () => void): { readonly megabytes: number; readonly handles: number; readonly files: number } {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().length;
  return { megabytes: (heapUsed + external) / 1e6, handles, files: readdirSync('/proc/self/fd').length };
}

/** The most memory (megabytes) that any ffmpeg of this process has had so far. */
function largestFfmpeg(): number {
  const peaks = processes().flatMap(({ pid, parent, command }) => {
    if (parent !== process.pid || !/ffmpeg/.test(command)) return [];
    try {
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      return kilobytes === undefined ? [] : [Number(kilobytes) / 1000];
    } catch {
      return []; // It ended meanwhile.
    }
  });
  return Math.max(0, ...peaks);
}

test.skipIf(process.platform !== 'linux')(
  'memory, handles and files stay the same, however often garbage comes',
  async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const port = await freeUdpPort();
    sendUdp(port, noise);
    const addresses = [
      `rtsp://127.0.0.1:${(await startTcp(() => randomBytes(16_384))).port}/endless`,
      (await startHls(() => randomBytes(100_000))).address,
      (await startHls(() => Buffer.from(HEAD + SEGMENT.repeat(10_000)))).address,
      `udp://127.0.0.1:${port}`,
    ];
    const timings = { ...QUICK, firstPicture: 1500, firstRetry: 50, longestRetry: 50 };
    await using live = await startLive(
      addresses.map((address, n) => `${n}=${address}`),
      { timings },
    );
    let largest = 0;
    /** Waits until each source has failed so often. */
    const failed = async (times: number): Promise<void> => {
      const fewest = (): number => {
        largest = Math.max(largest, largestFfmpeg());
        const counts = addresses.map(
          (_, n) =>
            live.events.filter((one) => one.kind === 'state' && one.source === `${n}` && one.state === 'failed').length,
        );
        return Math.min(...counts);
      };
      await expect.poll(fewest, { timeout: 250_000, interval: 100 }).toBeGreaterThanOrEqual(times);
    };
    await failed(3);
    const first = held(collect);
    await failed(15);
    const last = held(collect);
    expect(last.megabytes).toBeLessThan(first.megabytes + 10);
    // Of four sources, each may be in another phase.
    expect(last.handles).toBeLessThan(first.handles + 30);
    expect(last.files).toBeLessThan(first.files + 30);
    expect(largest).toBeGreaterThan(1);
    expect(largest).toBeLessThan(300);
  },
);
