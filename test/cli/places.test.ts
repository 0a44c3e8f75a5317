import { chmod, copyFile, link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { benches, colourVideo } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches(async (shared) => {
  await Promise.all([colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2)]);
});

const STACK = /^\s+at .*:\d+:\d+/m;

describe.concurrent('outputs', () => {
  test('a disk that is full: told for the file and for stdout', async () => {
    const { shared, shell } = await bench('full');
    const file = await shell(`$CAPTION ${shared}/rgb.mp4 -f vtt -o /dev/full`);
    expect(file).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot write \/dev\/full: the disk is full/),
    });
    const stdout = await shell(`$CAPTION ${shared}/rgb.mp4 -o - > /dev/full`);
    expect(stdout).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^secondglance: cannot write to standard output: the disk is full/),
    });
    expect(stdout.stderr).not.toMatch(STACK);
  });

  test('a folder that cannot be made', async () => {
    const { shared, at, caption, captionEach } = await bench('unwritable');
    await writeFile(at('file'), '');
    const places = ['file/below/', 'file/'].map((place) => [`${shared}/rgb.mp4`, '-o', place]);
    expect(await captionEach(...places)).toMatchObject([
      { code: 1, stderr: expect.stringMatching(/cannot create the folder .*file\/below: a file is in the way/) },
      { code: 2 },
    ]);
    if (process.getuid?.() === 0) return;
    await mkdir(at('locked'));
    await chmod(at('locked'), 0o555);
    expect(await caption(`${shared}/rgb.mp4`, '-o', 'locked/')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no permission/),
    });
  });
});

describe.concurrent('tracks that are there already', () => {
  test('foreign and edited ones stay, without --force', async () => {
    const { shared, at, caption, captionEach, read } = await bench('foreign');
    await copyFile(path.join(shared, 'rgb.mp4'), at('a.mp4'));
    await writeFile(at('a.vtt'), 'by hand');
    const [refused, forced] = await captionEach(['a.mp4'], ['a.mp4', '--force']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/a\.vtt already exists .*--force/) });
    expect(forced).toMatchObject({ code: 0 });
    expect(await read('a.vtt.bak')).toBe('by hand');
    const track = await read('a.vtt');
    expect(track).toMatch(/^WEBVTT/);
    await writeFile(at('a.vtt'), track.replace('bright red', 'dark red'));
    expect(await caption('a.mp4', '--passes', '1')).toMatchObject({ code: 1 });
    expect(await read('a.vtt')).toMatch(/dark red/);
  });

  test('up to date is skipped and said so; a changed option or input is done afresh', async () => {
    const { shared, at, captionEach, read } = await bench('current');
    await copyFile(path.join(shared, 'rgb.mp4'), at('a.mp4'));
    expect(await captionEach(['a.mp4'], ['a.mp4'], ['a.mp4', '--passes', '1'])).toMatchObject([
      { code: 0, stderr: expect.stringMatching(/3 keyframes/) },
      { code: 0, stderr: expect.stringMatching(/^a\.mp4: up to date \(.*a\.vtt\)\n$/) },
      { code: 0, stderr: expect.stringMatching(/3 keyframes/) },
    ]);
    expect(await read('a.vtt')).toMatch(/^A red picture$/m);
    await colourVideo(at('a.mp4'), ['white'], 2);
    // Another format under this name would not be the track that players expect.
    expect(await captionEach(['a.mp4'], ['a.mp4', '-f', 'srt', '-o', 'a.vtt', '--force'])).toMatchObject([
      { code: 0, stderr: expect.stringMatching(/1 keyframe,/) },
      {
        code: 2,
        stderr: expect.stringMatching(/a\.vtt does not have the extension of a srt track: end it with \.srt\n$/),
      },
    ]);
    expect(await read('a.vtt')).toMatch(/white/);
  });

  test('no --force lets a track replace a video, its input, or a file of another kind', async () => {
    const { shared, at, captionEach, read } = await bench('media');
    const film = await readFile(path.join(shared, 'rgb.mp4'));
    for (const name of ['a.mp4', 'b.mp4', 'c.vtt']) await writeFile(at(name), film);
    await symlink('b.mp4', at('d.vtt'));
    await link(at('a.mp4'), at('e.vtt'));
    await writeFile(at('.bashrc'), 'mine');
    const codes = { 'b.mp4': 2, '.bashrc': 2, 'c.vtt': 1, 'd.vtt': 1, 'e.vtt': 1 };
    const forced = Object.keys(codes).map((name) => ['a.mp4', '-f', 'vtt', '-o', name, '--force']);
    const ended = await captionEach(...forced, ['a.mp4', '--mux', 'f.mkv', '-f', 'vtt', '-o', 'f.vtt']);
    expect(ended.map(({ code }) => code)).toEqual([...Object.values(codes), 0]);
    for (const name of ['a.mp4', 'b.mp4', 'c.vtt', 'e.vtt']) expect(await readFile(at(name))).toEqual(film);
    expect(await read('.bashrc')).toBe('mine');
  });
});
