import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../../src/ingest/probe/probe.ts';
import { readKeyframes } from '../../src/ingest/read-keyframes.ts';
import { parseChoice } from '../../src/ingest/selectors/registry.ts';
import { errorOf, IMAGE, NEVER, readAll, sourceOf } from '../support/reading.ts';
import { standIn } from '../support/stand-in.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';

const SLOW_READER = fileURLToPath(new URL('../support/read-slowly.ts', import.meta.url));

/** Process ids of every ffmpeg that has `text` in its command, with their parents. Linux. */
async function ffmpegsOn(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (/ffmpeg\0/.test(command) && command.includes(text)) found.push(Number(pid));
  }
  return found;
}

/** Waits until `check` holds, for at most `seconds`. */
async function until(seconds: number, check: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await check()) return true;
    await setTimeout(50);
  }
  return await check();
}

// Looks into /proc to see what is alive.
describe.runIf(process.platform === 'linux')('no ffmpeg outlives its reader', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let server: Server;
  let film: string;
  let long: string;
  const started: ChildProcess[] = [];
  const at = (name: string): string => join(folder.path, name);

  beforeAll(async () => {
    folder = await makeFolder();
    const source = ['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=25:d=20'];
    film = await ffmpeg(
      ...source,
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-g',
      '25',
      '-pix_fmt',
      'yuv420p',
      at('film.mp4'),
    );
    // The same over and over, for half an hour: ffmpeg has work to do without a frame to hand over.
    await writeFile(at('list.txt'), "file 'film.mp4'\n".repeat(90));
    long = await ffmpeg('-f', 'concat', '-safe', '0', '-i', at('list.txt'), '-c', 'copy', at('long.mp4'));
    server = createServer((_, response) => {
      // Enough to be opened, and then silence.
      void readFile(film).then((bytes) => {
        response.writeHead(200, { 'content-length': bytes.length * 2 });
        response.write(bytes.subarray(0, Math.round(bytes.length * 0.7)));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await folder.remove();
  });

  const read = async (input: string, choice: string, pause: number): Promise<ChildProcess> => {
    const child = spawn(process.execPath, ['--import', 'tsx', SLOW_READER, input, choice, String(pause)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    return child;
  };

  it.each([
    ['while it waits on a full pipe', () => film, 'scene', 0],
    ['while it waits for a slow reader', () => film, 'every:40ms', 3_600_000],
    ['while it works and has nothing to hand over', () => long, 'every:20m', 0],
  ])('when the reader is killed (SIGKILL) %s', async (_, input, choice, pause) => {
    const child = await read(input(), choice, pause);
    expect(await ffmpegsOn(input())).toHaveLength(1);
    child.kill('SIGKILL');
    expect(await until(5, async () => (await ffmpegsOn(input())).length === 0)).toBe(true);
  });

  it('when the reader is killed (SIGKILL) while ffmpeg waits for a silent server', async () => {
    // The index has to come first, so that it can be opened at all.
    film = await ffmpeg('-i', at('film.mp4'), '-c', 'copy', '-movflags', '+faststart', at('fast.mp4'));
    // ffmpeg's own command has the relay's address, which ends in the name.
    const name = `silent-${process.pid}.mp4`;
    const child = await read(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`, 'every:1s', 0);
    expect(await until(60, async () => (await ffmpegsOn(name)).length === 1)).toBe(true);
    child.kill('SIGKILL');
    expect(await until(5, async () => (await ffmpegsOn(name)).length === 0)).toBe(true);
  });

  it('when the loop is left, and when it is aborted', async () => {
    const source = await sourceOf(long);
    const media = await probe(source, { signal: NEVER });
    const options = { choice: parseChoice('every:40ms'), image: IMAGE };
    const left = readKeyframes(source, media, { ...options, signal: NEVER });
    for await (const keyframe of left) if (keyframe.index === 3) break;
    expect(await ffmpegsOn(long)).toEqual([]);
    expect(await left.report).toMatchObject({ keyframes: 4 });
    expect((await left.report).damage).toBeUndefined();

    const controller = new AbortController();
    const aborted = readKeyframes(source, media, { ...options, signal: controller.signal });
    const loop = async (): Promise<void> => {
      for await (const keyframe of aborted) if (keyframe.index === 3) controller.abort();
    };
    expect(await errorOf(loop())).toMatchObject({ code: 'aborted' });
    expect(await errorOf(aborted.report)).toMatchObject({ code: 'aborted' });
    expect(await ffmpegsOn(long)).toEqual([]);

    const working = new AbortController();
    const waiting = readAll(long, 'every:20m', { signal: working.signal });
    const aborting = until(60, async () => (await ffmpegsOn(long)).length === 1).then(() => working.abort());
    expect(await errorOf(waiting)).toMatchObject({ code: 'aborted' });
    await aborting;
    expect(await ffmpegsOn(long)).toEqual([]);
  });

  it('waits for its reader with a bounded number of frames read ahead', async () => {
    const source = await sourceOf(long);
    const media = await probe(source, { signal: NEVER });
    let decoded = 0;
    const reader = readKeyframes(source, media, {
      choice: parseChoice('every:40ms'),
      image: { ...IMAGE, width: 320, height: 240 },
      signal: NEVER,
      onProgress: () => decoded++,
    });
    for await (const keyframe of reader) {
      if (keyframe.index < 2) continue;
      // In the time in which another reader gets all 500 frames of the film, this one's ffmpeg could have gone on.
      expect((await readAll(at('film.mp4'), 'every:40ms')).keyframes).toHaveLength(500);
      break;
    }
    // A frame is 230 kB: the pipe holds none, and ffmpeg's own queues a few.
    expect(decoded).toBeLessThan(40);
  });

  describe('with an ffmpeg that hangs', () => {
    const { env } = process;
    afterEach(() => {
      process.env = env;
    });

    it('kills it, tries once more, and says so', async () => {
      const runs = await standIn(at('dead'), 'exec sleep 600');
      const error = await errorOf(readAll(at('film.mp4'), 'every:1s', { stallMs: 400 }));
      expect(error).toMatchObject({
        code: 'stalled',
        retryable: true,
        message: expect.stringContaining(at('film.mp4')),
      });
      expect(await runs()).toBe(2);
    });
  });
});
