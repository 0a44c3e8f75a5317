import { copyFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { buildTinyBundle } from '../support/tiny-bundle.ts';
import { run } from './support/program.ts';
import { benches, colourVideo, jsonLines, longVideo } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches(async (shared) => {
  await Promise.all([
    colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2),
    longVideo(path.join(shared, 'long.mkv')),
  ]);
});

test('a reader that has enough ends the run quietly, also a long one', async () => {
  const { shared, shell, folder } = await bench('head');
  const { code, stdout, stderr } = await shell(
    `$CAPTION ${shared}/long.mkv --frames every:100ms -f jsonl -o - | head -1`,
  );
  expect(jsonLines(stdout)).toHaveLength(1);
  expect({ code, stderr: stderr.replace(/^long\.mkv: .*\n/, '') }).toEqual({ code: 0, stderr: '' });
  const input = await readFile(path.join(shared, 'long.mkv'));
  const { code: second } = await shell('TMPDIR=. $CAPTION - --frames every:100ms -f jsonl -o - | head -1', input);
  expect(second).toBe(0);
  expect(await readdir(folder)).toEqual([]);
});

test('a track of ours that belongs to another input stays', async () => {
  const { shared, at, caption, read } = await bench('other');
  await copyFile(path.join(shared, 'rgb.mp4'), at('a.mp4'));
  await caption('a.mp4');
  const track = await read('a.vtt');
  await copyFile(path.join(shared, 'long.mkv'), at('a.mkv'));
  expect(await caption('a.mkv')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/a\.vtt is the track of another input/),
  });
  expect(await read('a.vtt')).toBe(track);
  expect(await caption('a.mkv', '--force')).toMatchObject({ code: 0 });
  expect(await read('a.vtt')).toMatch(/yellow/);
});

test('where not one keyframe gets a caption, the track that was there stays', async () => {
  const { at, folder, env, read } = await bench('hopeless');
  await colourVideo(at('a.mp4'), ['blue'], 2);
  const how = { cwd: folder, env };
  await buildTinyBundle(at('works'));
  await buildTinyBundle(at('fails'), { fails: 'blue' });
  expect(await run(['caption', 'a.mp4', '--model', './works'], how)).toMatchObject({ code: 0 });
  const { code, stderr } = await run(['caption', 'a.mp4', '--model', './fails'], how);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^a\.mp4: none of 1 keyframe could be captioned \(Failed after 2 tries: .*\n$/);
  expect(await read('a.vtt')).toMatch(/A bright blue picture/);
});
