import { appendFile, chmod, copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { probe } from '../../src/ingest/probe/probe.ts';
import { readKeyframes } from '../../src/ingest/read-keyframes.ts';
import { parseChoice } from '../../src/ingest/selectors/registry.ts';
import type { Source } from '../../src/ingest/sources/sources.ts';
import { errorOf, NEVER, readAll, sourceOf } from '../support/reading.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';
import { checkShortEnd, makeFilm } from './support/short-ends.ts';

describe('files that do not serve', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const at = (name: string): string => join(folder.path, name);
  const make = (name: string, ...options: string[]): Promise<string> => makeFilm(at(name), ...options);

  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => folder.remove());

  const failure = async (path: string): ReturnType<typeof errorOf> => {
    const error = await errorOf(sourceOf(path).then((source) => probe(source, { signal: NEVER })));
    expect(error.message).toContain(path);
    // One clear sentence: no stack, no dump.
    expect(error.message).toMatch(/^[^\n]{20,300}\.$/);
    return error;
  };

  it('missing, empty, a text, noise, sound alone', async () => {
    expect(await failure(at('gone.mp4'))).toMatchObject({ code: 'missing-file' });
    await writeFile(at('empty.mp4'), '');
    expect(await failure(at('empty.mp4'))).toMatchObject({ code: 'empty-file' });
    await writeFile(at('text.mp4'), 'This is no video.\n'.repeat(100));
    expect(await failure(at('text.mp4'))).toMatchObject({ code: 'not-media' });
    await writeFile(at('text.txt'), 'This is no video.\n'.repeat(100));
    expect(await failure(at('text.txt'))).toMatchObject({ code: 'not-media' });
    await writeFile(
      at('noise.mkv'),
      Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * index * 31) % 251)),
    );
    expect(await failure(at('noise.mkv'))).toMatchObject({ code: 'not-media' });
    await ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', at('sound.m4a'));
    const sound = await failure(at('sound.m4a'));
    expect(sound).toMatchObject({ code: 'no-video', message: expect.stringContaining('only audio') });
    expect(sound.detail?.command).toContain('ffprobe');
  });

  it('an MP4 without its index, a cut off header, a picture that is none', async () => {
    const whole = await make('whole.mp4');
    await copyFile(whole, at('headless.mp4'));
    await truncate(at('headless.mp4'), 20_000);
    const error = await failure(at('headless.mp4'));
    expect(error).toMatchObject({ code: 'unreadable', message: expect.stringContaining('moov') });
    expect(error.detail?.stderr?.join('\n')).toContain('moov atom not found');
    await writeFile(at('broken.mkv'), Buffer.from('\x1aE\xdf\xa3\xff\xff\xff\xff rubbish', 'latin1'));
    expect(await failure(at('broken.mkv'))).toMatchObject({ code: 'unreadable' });
    await writeFile(at('broken.png'), 'no picture');
    expect(await failure(at('broken.png'))).toMatchObject({ code: 'not-media' });
  });

  it('a codec that nobody knows', async () => {
    const path = await make('avi.avi');
    const bytes = await readFile(path);
    for (let index = bytes.indexOf('H264'); index >= 0; index = bytes.indexOf('H264', index))
      bytes.write('ZQ9X', index);
    await writeFile(path, bytes);
    expect(await failure(path)).toMatchObject({ code: 'unknown-codec', message: expect.stringContaining('ZQ9X') });
  });

  it('video data that is rubbish from the first byte on', async () => {
    const path = await make('rubbish.mp4', '-movflags', '+faststart');
    const bytes = await readFile(path);
    bytes.fill(0x5a, bytes.indexOf('mdat') + 4);
    await writeFile(path, bytes);
    const error = await errorOf(readAll(path, 'auto'));
    expect(error).toMatchObject({ code: 'decode-failed' });
    expect(error.detail?.command).toContain('ffmpeg');
    expect(error.detail?.stderr?.length).toBeGreaterThan(0);
  });

  it('a file that grows while it is read is unfinished', async () => {
    const source = await sourceOf(await make('growing.mp4', '-movflags', '+faststart'));
    const media = await probe(source, { signal: NEVER });
    const image = { width: 32, height: 24, resize: 'stretch', filter: 'area', matrix: 'bt601' } as const;
    const reader = readKeyframes(source, media, { choice: parseChoice('every:500ms'), image, signal: NEVER });
    for await (const { index } of reader) if (index === 0) await appendFile(source.input, Buffer.alloc(1000));
    expect((await reader.report).damage).toMatchObject({
      code: 'unfinished',
      message: expect.stringContaining('it is still being written'),
    });
  });

  it.each(['mp4', 'mkv'])('a truncated %s gives what is there, and says where it ends', async (extension) => {
    const path = await make(`cut.${extension}`, ...(extension === 'mp4' ? ['-movflags', '+faststart'] : []));
    const { length } = await readFile(path);
    await truncate(path, Math.round(length / 2));
    for (const choice of ['auto', 'scene', 'every:1s']) {
      const { report, times } = await readAll(path, choice);
      expect(report.damage).toMatchObject({ code: 'truncated', message: expect.stringContaining(path) });
      expect(report.end).toBeGreaterThan(4_000_000);
      expect(report.end).toBeLessThan(8_000_000);
      expect(times.at(-1)).toBeLessThan(report.end);
      if (choice === 'every:1s') expect(times.length).toBeGreaterThanOrEqual(4);
    }
  });

  it.each([
    ['avi', ['-c:v', 'mpeg4']],
    ['mp4', ['-movflags', '+faststart']],
  ])('%s: less than two seconds missing is missing', (extension, options) =>
    checkShortEnd(folder.path, extension, options),
  );

  it('a transport stream with a hole gives both sides of it, and says that it is damaged', async () => {
    const path = await make('hole.ts');
    const bytes = await readFile(path);
    const middle = Math.floor(bytes.length / 2 / 188) * 188;
    bytes.fill(0xab, middle, middle + 40 * 188);
    await writeFile(path, bytes);
    const { report, times } = await readAll(path, 'every:1s');
    expect(report.damage).toMatchObject({ code: expect.stringMatching(/damaged|truncated/) });
    expect(report.damage?.detail.stderr?.length).toBeGreaterThan(0);
    expect(times.length).toBeGreaterThanOrEqual(10);
  });

  it('a stream of another programme after the end of the first one is named', async () => {
    const first = await readFile(await make('one.ts'));
    const ids = ['-mpegts_start_pid', '0x200', '-mpegts_pmt_start_pid', '0x1010', '-mpegts_service_id', '2'];
    await writeFile(at('two.ts'), Buffer.concat([first, await readFile(await make('other.ts', ...ids))]));
    const { report } = await readAll(at('two.ts'), 'every:1s');
    expect(report.damage).toMatchObject({ code: 'damaged', message: expect.stringContaining('another video stream') });
  });

  it('an ffmpeg that is not installed', async () => {
    const path = await make('fine.mp4');
    vi.stubEnv('FFMPEG_PATH', at('no-ffmpeg'));
    try {
      expect(await errorOf(readAll(path, 'auto'))).toMatchObject({
        code: 'ffmpeg-missing',
        message: expect.stringContaining('install ffmpeg'),
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('a range that lies after the end has no keyframes, and is no failure', async () => {
    const { report, keyframes } = await readAll(await make('short.mp4'), 'auto', { from: 60_000_000 });
    expect(keyframes).toEqual([]);
    expect(report.damage).toBeUndefined();
  });

  // Root may read everything, so it has to become somebody else for this.
  it.runIf(process.getuid?.() === 0)('a file that may not be read', async () => {
    await make('locked.mp4');
    await chmod(at('locked.mp4'), 0o600);
    await chmod(folder.path, 0o755);
    const source: Source = await sourceOf(at('locked.mp4'));
    process.seteuid?.(65_534);
    try {
      expect(await errorOf(probe(source, { signal: NEVER }))).toMatchObject({ code: 'no-permission' });
    } finally {
      process.seteuid?.(0);
    }
  });
});
