import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { probe } from '../../src/ingest/probe/probe.ts';
import { colourOf, errorOf, NEVER, readAll, sourceOf } from '../support/reading.ts';
import { colourFilm, ffmpeg, frameTimes, makeFolder } from '../support/videos.ts';

const TINY = ['-f', 'lavfi', '-i', 'testsrc2=s=128x96:r=10:d=6', '-c:v', 'libx264', '-g', '10', '-pix_fmt', 'yuv420p'];

describe('URLs and playlists', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let server: Server;
  let base: string;
  const asked: string[] = [];
  const at = (name: string): string => join(folder.path, name);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = basename(new URL(request.url ?? '/', 'http://x').pathname);
    asked.push(name);
    const status = /^status-(\d+)$/.exec(name)?.[1];
    if (status !== undefined) response.writeHead(Number(status)).end();
    else if (name === 'moved.mp4') response.writeHead(302, { location: '/film.mp4' }).end();
    else if (name.startsWith('loop')) response.writeHead(302, { location: `/loop${asked.length}.mp4` }).end();
    else if (name === 'silent.mp4') response.writeHead(200, { 'content-length': 1_000_000 }).flushHeaders();
    else if (name === 'half.mkv') {
      const bytes = await readFile(at('film.mkv'));
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    } else {
      const bytes = await readFile(at(name)).catch(() => undefined);
      if (bytes === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    }
  }

  beforeAll(async () => {
    folder = await makeFolder();
    await ffmpeg(...TINY, '-movflags', '+faststart', at('film.mp4'));
    await ffmpeg(...TINY, at('film.mkv'));
    await ffmpeg(...TINY, '-f', 'hls', '-hls_time', '2', '-hls_list_size', '0', at('film.m3u8'));
    server = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await folder.remove();
  });

  it.each(['film1.ts', 'film0.ts'])('says that a segment of a playlist is missing: %s', async (segment) => {
    const list = await readFile(at('film.m3u8'), 'utf8');
    await writeFile(at('gap.m3u8'), list.replace(segment, 'gone.ts'));
    for (const path of [at('gap.m3u8'), `${base}/gap.m3u8`]) {
      const { times, report } = await readAll(path, 'every:1s');
      expect(times).toHaveLength(4);
      expect(report.damage).toMatchObject({ code: 'damaged', message: expect.stringContaining('lacks parts') });
    }
  });

  it('reads a video by its URL, also behind a redirect, as it reads the file', async () => {
    const local = await readAll(at('film.mp4'), 'every:1s');
    for (const name of ['film.mp4', 'moved.mp4']) {
      const remote = await readAll(`${base}/${name}`, 'every:1s');
      expect(remote.times).toEqual(local.times);
      expect(remote.keyframes[0]).toMatchObject({ video: name });
      expect(remote.keyframes[0]?.pixels).toEqual(local.keyframes[0]?.pixels);
    }
    expect((await readAll(`${base}/film.mp4`, 'auto')).times[0]).toBe(0);
  });

  it('goes through the proxy that the environment names', async () => {
    const through: string[] = [];
    const proxy = createServer((request, response) => {
      through.push(request.url ?? '');
      void answer(request, response);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('http_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    try {
      const source = await sourceOf('http://films.invalid/film.mkv');
      expect(await probe(source, { signal: NEVER })).toMatchObject({ width: 128 });
      expect(new Set(through)).toEqual(new Set(['http://films.invalid/film.mkv']));
    } finally {
      vi.unstubAllEnvs();
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('reads an HLS playlist, local and remote', async () => {
    const truth = await frameTimes(at('film.m3u8'), '-allowed_extensions', 'ALL');
    expect(truth).toHaveLength(60);
    expect((await readAll(at('film.m3u8'), 'every:1ms')).times).toEqual(truth);
    expect((await readAll(`${base}/film.m3u8`, 'every:1ms')).times).toEqual(truth);
    expect((await readAll(at('film.m3u8'), 'auto')).times[0]).toBe(truth[0]);
  });

  it('follows a local playlist to the network only where it lists addresses itself', async () => {
    const playlist = (await readFile(at('film.m3u8'), 'utf8')).replaceAll(/^film/gm, `${base}/film`);
    await writeFile(at('remote.m3u8'), playlist);
    expect((await readAll(at('remote.m3u8'), 'every:1s')).times).toHaveLength(6);
    // A playlist that poses as a video gets nowhere.
    await writeFile(at('posing.mp4'), playlist);
    asked.length = 0;
    await expect(readAll(at('posing.mp4'), 'every:1s')).rejects.toMatchObject({ name: 'IngestError' });
    expect(asked).toEqual([]);
  });

  it.each([
    ['status-404', 'http-status', '404', false],
    ['status-403', 'http-status', '403', false],
    ['status-503', 'http-status', '5', true],
  ])('%s becomes %s', async (name, code, text, retryable) => {
    const error = await errorOf(readAll(`${base}/${name}`, 'auto'));
    expect(error).toMatchObject({ code, retryable, message: expect.stringContaining(text) });
    expect(error.message).toContain(`${base}/${name}`);
  });

  it('says when a server cannot be reached, has no such name, or says nothing', async () => {
    expect(await errorOf(readAll('http://127.0.0.1:9/film.mp4', 'auto'))).toMatchObject({
      code: 'unreachable',
      retryable: true,
    });
    expect(await errorOf(readAll('http://no-such-host.invalid/film.mp4', 'auto'))).toMatchObject({
      code: 'unreachable',
    });
    const silent = await sourceOf(`${base}/silent.mp4`);
    expect(await errorOf(probe(silent, { signal: NEVER, timeoutMs: 1500 }))).toMatchObject({
      code: 'timed-out',
      retryable: true,
    });
  });

  it('names a redirect loop', async () => {
    expect(await errorOf(readAll(`${base}/loop.mp4`, 'auto'))).toMatchObject({
      code: 'unreachable',
      retryable: false,
      message: expect.stringContaining('redirects in a loop'),
    });
  });

  it('goes on where a playlist announces another clock, forwards or back, on other PIDs', async () => {
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'];
    const parts: string[] = [];
    for (const [colour, ...options] of [
      ['red'],
      ['lime', '-output_ts_offset', '9', '-mpegts_start_pid', '0x200'],
      ['blue'],
    ] as const) {
      await colourFilm([colour], ...x264, ...options, at(`${colour}.ts`));
      parts.push(`#EXTINF:2,\n${colour}.ts\n`);
    }
    await writeFile(
      at('cuts.m3u8'),
      `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${parts.join('#EXT-X-DISCONTINUITY\n')}#EXT-X-ENDLIST\n`,
    );
    for (const input of [at('cuts.m3u8'), `${base}/cuts.m3u8`]) {
      const { keyframes, media, report } = await readAll(input, 'every:1s');
      expect(keyframes.map((keyframe) => [Math.round((keyframe.pts - media.start) / 1e5), colourOf(keyframe)])).toEqual(
        [
          [0, 'red'],
          [10, 'red'],
          [20, 'lime'],
          [30, 'lime'],
          [40, 'blue'],
          [50, 'blue'],
        ],
      );
      expect(report.damage).toBeUndefined();
      expect((report.end - report.zero) / 1e6).toBeCloseTo(6, 1);
    }
  });

  it('reads a playlist on disk whose key and segments have unusual endings; a service says what it does not follow', async () => {
    await writeFile(at('key.bin'), Buffer.alloc(16, 7));
    await writeFile(at('key.info'), `key.bin\n${at('key.bin')}\n`);
    const hls = ['-f', 'hls', '-hls_time', '2', '-hls_list_size', '0', '-hls_key_info_file', at('key.info')];
    const path = await ffmpeg(
      '-i',
      at('film.mp4'),
      '-c',
      'copy',
      ...hls,
      '-hls_segment_filename',
      at('e%d.jpg'),
      at('e.m3u8'),
    );
    expect((await readAll(path, 'every:1s')).times).toHaveLength(6);
    const limits = { formats: ['hls', 'mpegts', 'mov'] };
    const guarded = { ...(await sourceOf(path)), limits };
    expect(await errorOf(probe(guarded, { signal: NEVER }))).toMatchObject({
      code: 'blocked-extension',
      message: expect.stringContaining('e0.jpg'),
    });
  });

  it('gives what came of a download that broke off', async () => {
    const { report, times } = await readAll(`${base}/half.mkv`, 'every:1s');
    expect(report.damage).toMatchObject({ code: 'truncated' });
    expect(times.length).toBeGreaterThanOrEqual(2);
    expect(report.end).toBeLessThan(5_000_000);
  });
});
