import { createReadStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ffmpeg } from '../support/videos.ts';
import { benches, colourVideo, jsonLines } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

let folder: string;
const bench = benches(async (shared) => {
  folder = shared;
  const video = await colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2);
  await mkdir(path.join(shared, 'hls'));
  // Megabytes, so that the index at its end is not read by the way.
  const raw = ['-c:v', 'rawvideo', '-pix_fmt', 'uyvy422'];
  await colourVideo(path.join(shared, 'big.mov'), ['red', 'green', 'blue'], 2, raw, '320x240');
  const hls = ['-c:v', 'mpeg2video', '-g', '10', '-f', 'hls', '-hls_time', '2', '-hls_playlist_type', 'vod'];
  await ffmpeg('-i', video, ...hls, path.join(shared, 'hls/list.m3u8'));
});

/** Every request's method, path and range. */
const asked: string[] = [];

/** Serves the shared folder with ranges; a few names misbehave. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = new URL(request.url ?? '/', 'http://host').pathname;
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  asked.push(`${name} ${range === null ? 'whole' : `from ${range[1]}`}`);
  if (name === '/silent.mp4') return; // takes the request and never answers
  if (name === '/broken.mp4') {
    response.writeHead(503).end();
    return;
  }
  // Sends a part, slowly.
  const slow = name.startsWith('/slow/');
  const file = path.join(folder, name.replace('/slow/', '/'));
  const known = await stat(file).catch(() => undefined);
  if (known?.isFile() !== true) {
    response.writeHead(404).end();
    return;
  }
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Number(range[2]) : known.size - 1;
  response.writeHead(range === null ? 200 : 206, {
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${known.size}` }),
  });
  const body = createReadStream(file, { start, end, ...(slow ? { highWaterMark: 1024 } : {}) });
  if (!slow) {
    await pipeline(body, response).catch(() => undefined);
    return;
  }
  for await (const chunk of body) {
    if (response.destroyed) return;
    response.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  response.end();
}

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const TEXTS = ['A bright red picture', 'A bright green picture', 'A bright blue picture'];

describe.concurrent('http', () => {
  test('a video whose index is at its end is read in ranges; its track goes to the current folder', async () => {
    const { caption, read, folder: here } = await bench('range');
    const { code, stderr } = await caption(`${base}/big.mov?token=x`);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^big\.mov: 3 keyframes/);
    expect(await readdir(here)).toEqual(['big.vtt']);
    expect((await read('big.vtt')).match(/A bright \w+ picture/g)).toEqual(TEXTS);
    expect(asked).toContainEqual(expect.stringMatching(/^\/big\.mov from [1-9]\d*$/));
    // What an address gives may have changed: it is done again, and its own track replaced.
    expect(await caption(`${base}/big.mov?token=x`)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/3 keyframes/),
    });
  });

  test('a slow server', async () => {
    const { caption } = await bench('slow');
    const { code, stdout } = await caption(`${base}/slow/rgb.mp4`, '-o', '-', '-f', 'jsonl');
    expect(code).toBe(0);
    expect(jsonLines(stdout).map(({ text }) => text)).toEqual(TEXTS);
  });

  test('an HLS playlist', async () => {
    const { caption } = await bench('hls');
    const { code, stdout } = await caption(`${base}/hls/list.m3u8`, '-o', '-', '-f', 'jsonl');
    expect(code).toBe(0);
    expect(jsonLines(stdout).map(({ video, time, text }) => [video, time, text])).toEqual(
      TEXTS.map((text, at) => ['list.m3u8', 2 * at, text]),
    );
    expect(asked.filter((line) => /\.ts /.test(line)).length).toBeGreaterThanOrEqual(3);
  });

  test('a local playlist does not reach the network unless it lists addresses', async () => {
    const { caption } = await bench('local hls');
    const { stdout } = await caption(`${folder}/hls/list.m3u8`, '-o', '-', '-f', 'jsonl');
    expect(jsonLines(stdout).map(({ text }) => text)).toEqual(TEXTS);
  });

  test('404, a server error, and nobody there: one sentence each', async () => {
    const { caption, folder: here } = await bench('errors');
    const unused = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => unused.once('listening', resolve));
    const { port } = unused.address() as AddressInfo;
    await new Promise((resolve) => unused.close(resolve));
    const { code, stderr } = await caption(`${base}/none.mp4`, `${base}/broken.mp4`, `http://127.0.0.1:${port}/a.mp4`);
    expect(code).toBe(1);
    const lines = stderr.trim().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/The server answered 404 Not Found for "http.*none\.mp4"/),
      expect.stringMatching(/The server answered 5\S*.* for "http.*broken\.mp4"/),
      expect.stringMatching(/cannot be reached \(connect ECONNREFUSED/),
      expect.stringMatching(/^3 inputs: 3 failed/),
    ]);
    expect(await readdir(here)).toEqual([]);
  });

  test('a server that never answers is given up', async () => {
    const { caption } = await bench('silent');
    const { code, stderr } = await caption(`${base}/silent.mp4`, '-o', 'x.vtt');
    expect(code).toBe(1);
    expect(stderr).toMatch(/did not answer in time|could not be opened in time/);
  });
});
