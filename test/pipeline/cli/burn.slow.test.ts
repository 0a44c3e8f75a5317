import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { film, H264, streamHashes, streamsOf } from '../../cli/support/films.ts';
import { benches } from '../../cli/support/room.ts';
import { until } from '../../support/processes.ts';
import { ffmpeg, frameTimes } from '../../support/videos.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const run = promisify(execFile);
const SIZE = '321x181';

const bench = benches(async (shared) => {
  // Odd sides, which H.264 in 4:2:0 does not take as they are.
  await film(path.join(shared, 'film.mkv'), ['-c:v', 'ffv1'], ['-c:a', 'aac'], SIZE);
  await film(path.join(shared, 'film.mp4'), H264, ['-c:a', 'aac'], '320x180');
  await film(path.join(shared, 'film.webm'), ['-c:v', 'libvpx', '-g', '20'], ['-c:a', 'libopus'], '320x180');
  // Noise takes H.264 long to encode: a minute of it, made of three seconds.
  const noise = 'color=gray:s=640x360:r=10:d=3,noise=alls=60:allf=t';
  const short = await ffmpeg('-f', 'lavfi', '-i', noise, '-c:v', 'mpeg4', '-q:v', '8', path.join(shared, 'short.mkv'));
  await ffmpeg('-stream_loop', '19', '-i', short, '-c', 'copy', path.join(shared, 'noisy.mkv'));
});

/** How many pixels are nearly white in the upper and the lower half of the frame at `at` seconds. */
async function whiteAt(file: string, at: number): Promise<{ upper: number; lower: number }> {
  const args = ['-v', 'error', '-ss', String(at), '-i', file, '-frames:v', '1', '-vf', 'scale=320:180,format=gray'];
  const { stdout } = await run('ffmpeg', [...args, '-f', 'rawvideo', '-'], { encoding: 'buffer' });
  expect(stdout).toHaveLength(320 * 180);
  const white = (from: number, to: number): number =>
    stdout.subarray(from * 320, to * 320).filter((y) => y > 200).length;
  return { upper: white(0, 90), lower: white(90, 180) };
}

describe.concurrent('the track is drawn into the pictures', () => {
  test('at the bottom, for as long as a cue lasts; sound and times stay', async () => {
    const { shared, at, caption } = await bench('mp4');
    const args = ['--burn', 'out.mp4', '--to', '3', '-o', 'film.vtt'];
    expect(await caption(path.join(shared, 'film.mp4'), ...args)).toMatchObject({ code: 0 });
    expect(await whiteAt(path.join(shared, 'film.mp4'), 1)).toEqual({ upper: 0, lower: 0 });
    for (const time of [0, 1, 2.5]) {
      const { upper, lower } = await whiteAt(at('out.mp4'), time);
      expect(upper).toBe(0);
      expect(lower).toBeGreaterThan(10);
    }
    // The track ends where the range did.
    expect(await whiteAt(at('out.mp4'), 4)).toEqual({ upper: 0, lower: 0 });
    const source = path.join(shared, 'film.mp4');
    expect(await streamHashes(at('out.mp4'), 'a')).toEqual(await streamHashes(source, 'a'));
    expect(await frameTimes(at('out.mp4'))).toEqual(await frameTimes(source));
  });

  test('whatever the name of the folder, odd sides, WebM', async () => {
    const { shared, at, caption } = await bench('names');
    const odd = "it's [a], b; c: d\\e %";
    await mkdir(at(odd));
    const mkv = path.join(odd, 'out.mkv');
    expect(await caption(path.join(shared, 'film.mkv'), '-o', 'a.vtt', '--burn', mkv)).toMatchObject({ code: 0 });
    expect(await readdir(at(odd))).toEqual(['out.mkv']);
    expect((await whiteAt(at(mkv), 1)).lower).toBeGreaterThan(10);
    expect(await caption(path.join(shared, 'film.webm'), '-o', 'b.vtt', '--burn', 'out.webm')).toMatchObject({
      code: 0,
    });
    expect((await streamsOf(at('out.webm'))).map(({ codec_name }) => codec_name)).toEqual(['vp9', 'opus']);
    expect((await whiteAt(at('out.webm'), 1)).lower).toBeGreaterThan(10);
  });

  test('where there is no font, that is said, and no film without text is left', async () => {
    const { shared, at, env, caption, folder } = await bench('fonts');
    await writeFile(
      at('fonts.conf'),
      '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>',
    );
    Object.assign(env, { FONTCONFIG_FILE: at('fonts.conf') });
    const { code, stderr } = await caption(path.join(shared, 'film.mp4'), '-o', 'film.vtt', '--burn', 'out.mp4');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('No font was found') });
    expect((await readdir(folder)).sort()).toEqual(['film.vtt', 'fonts.conf']);
  });

  test('interrupted while it draws: nothing half-done is left', async () => {
    const { shared, start, folder } = await bench('interrupted');
    const args = ['--frames', 'every:10s', '-o', 'film.vtt', '--burn', 'out.mkv'];
    const { child, ended } = await start(path.join(shared, 'noisy.mkv'), ...args);
    // As soon as ffmpeg writes, there is a second temp file beside that of the text. It has seconds to go then.
    await until(() => readdirSync(folder).filter((name) => name.startsWith('.out.mkv.')).length === 2, 120, 'drawing');
    child.kill('SIGTERM');
    const { code } = await ended;
    expect({ code, names: await readdir(folder) }).toEqual({ code: 143, names: ['film.vtt'] });
  });
});
