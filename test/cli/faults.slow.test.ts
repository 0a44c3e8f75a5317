import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { buildTinyBundle } from '../support/tiny-bundle.ts';
import { run } from './support/program.ts';
import { benches, jsonLines, longVideo } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches(async (shared) => {
  await longVideo(path.join(shared, 'long.mkv'));
});

test('a truncated video gives what can be decoded, and says so: exit code 3', async () => {
  const { shared, at, caption, read } = await bench('truncated');
  const whole = await readFile(path.join(shared, 'long.mkv'));
  await writeFile(at('cut.mkv'), whole.subarray(0, whole.length / 2));
  const { code, stderr } = await caption('cut.mkv', '-f', 'vtt,json', '-o', '.');
  expect(code).toBe(3);
  expect(stderr).toMatch(/"cut\.mkv" is cut off: it was read up to \d+\.\d s/);
  expect(stderr).toMatch(/^cut\.mkv: .*\(partial\)/m);
  expect(await read('cut.vtt')).toMatch(/A bright red picture[\s\S]*A bright green picture/);
  expect(await read('cut.vtt')).not.toMatch(/yellow/);
  const { source, cues } = JSON.parse(await read('cut.json'));
  expect(source.damage.code).toBe('truncated');
  expect(cues.at(-1).end).toBeLessThan(30);
});

test('a group that the model cannot do costs its keyframes: exit code 3, and the next run tries it again', async () => {
  const { shared, at, folder, env, read } = await bench('failing group');
  await buildTinyBundle(at('fails'), { fails: 'blue' });
  const args = ['caption', `${shared}/long.mkv`, '--frames', 'every:1s', '-o', 'x.jsonl', '--model', './fails'];
  const first = await run(args, { cwd: folder, env });
  expect(first).toMatchObject({ code: 3, stderr: expect.stringMatching(/16 of 40 keyframes got no caption/) });
  const lines = jsonLines(await read('x.jsonl'));
  expect(lines.filter(({ error }) => error !== undefined).map(({ index }) => index)).toEqual(
    Array.from({ length: 16 }, (_, at) => at + 16),
  );
  expect(await run(args, { cwd: folder, env })).toMatchObject({ code: 3 });
});

test.each<[string, string[], RegExp]>([
  ['no input', ['caption'], /missing required argument 'input'/],
  ['an unknown option', ['caption', '--bogus', 'a.mp4'], /unknown option '--bogus'/],
  ['a time that is none', ['caption', 'a.mp4', '--from', 'noon'], /--from noon: not a time/],
  ['--no-resume with --queue', ['caption', 'a.mp4', '--queue', '--no-resume'], /--no-resume is for this machine/],
])('%s is exit code 2', async (name, args, message) => {
  const { folder, env } = await bench(`usage ${name}`);
  const { code, stdout, stderr } = await run(args, { cwd: folder, env });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(await readdir(folder)).toEqual([]);
});

test('a bundle without one of its graphs: one sentence for the whole run', async () => {
  const { shared, at, folder, env } = await bench('bundle missing');
  await buildTinyBundle(at('bad'), { damage: 'missing' });
  const inputs = [`${shared}/long.mkv`, 'other.mkv'];
  const { code, stderr } = await run(['caption', ...inputs, '-o', 'out/', '--model', './bad'], { cwd: folder, env });
  expect(code).toBe(1);
  expect(stderr).toMatch(/decoder\.onnx is missing/);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['bad']);
});
