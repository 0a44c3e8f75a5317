import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMedia } from '../../src/ingest/open-media.ts';
import { probe } from '../../src/ingest/probe/probe.ts';
import { errorOf, NEVER, readAll, sourceOf } from '../support/reading.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const TINY = ['-f', 'lavfi', '-i', 'testsrc2=s=128x96:r=10:d=6', '-c:v', 'libx264', '-g', '10', '-pix_fmt', 'yuv420p'];

describe('URLs that take long', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let server: WebServer;
  let base: string;
  const at = (name: string): string => join(folder.path, name);

  beforeAll(async () => {
    folder = await makeFolder();
    await ffmpeg(...TINY, '-f', 'hls', '-hls_time', '2', '-hls_list_size', '0', at('film.m3u8'));
    server = await startWebServer(folder.path, { ranges: false });
    base = server.url;
  });
  afterAll(async () => {
    await server.close();
    await folder.remove();
  });

  it('downloads a video whose server gives no byte ranges and whose index is at the end', async () => {
    // Large enough that ffmpeg does not read on to its end.
    const path = await ffmpeg(...TINY.slice(0, -2), '-vf', 'scale=640:480', '-qp', '0', at('tail.mp4'));
    const source = await sourceOf(`${base}/tail.mp4`);
    expect(await errorOf(probe(source, { signal: NEVER }))).toMatchObject({ code: 'not-seekable', retryable: false });
    const opened = await openMedia(source, { signal: NEVER });
    expect(opened.source).toMatchObject({ kind: 'file', name: 'tail.mp4', label: source.label });
    expect(await readFile(opened.source.input)).toEqual(await readFile(path));
    expect(opened.media.duration).toBe(6_000_000);
    await opened.dispose();
    await expect(stat(opened.source.input)).rejects.toThrow('ENOENT');
  });

  it('reads a playlist without an end mark from its beginning to what it lists, and says so', async () => {
    const whole = await readAll(at('film.m3u8'), 'every:1s');
    const text = (await readFile(at('film.m3u8'), 'utf8')).replace('#EXT-X-ENDLIST', '');
    await writeFile(at('live.m3u8'), text);
    for (const input of [at('live.m3u8'), `${base}/live.m3u8`]) {
      const { times, report } = await readAll(input, 'every:1s');
      expect(times).toEqual(whole.times);
      expect(report.damage).toMatchObject({ code: 'unfinished', message: expect.stringContaining('EXT-X-ENDLIST') });
    }
  });
});
