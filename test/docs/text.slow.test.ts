import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { textFilm } from '../cli/support/films.ts';
import { benches } from '../cli/support/room.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const bench = benches(async (shared) => {
  await textFilm(`${shared}/film.mp4`, ['night', 'slide'], { seconds: 6, size: '960:540', voice: true });
});

async function runPage(name: string, options: readonly string[]) {
  const room = await bench(name);
  await copyFile(path.join(room.shared, 'film.mp4'), room.at('film.mp4'));
  await mkdir(room.at('cams/front'), { recursive: true });
  await copyFile(path.join(room.shared, 'film.mp4'), room.at('cams/front/front-20261126-220500.mp4'));
  await writeFile(
    room.at('dialogue.srt'),
    '1\n00:00:01,000 --> 00:00:04,500\nHello there.\n\n2\n00:00:06,200 --> 00:00:09,800\nAnd now.\n',
  );
  const page = await readFile(path.join(import.meta.dirname, `../../docs/${name}.md`), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((found) => found[1]);
  const model = `--model '${room.bundle}' ${options.join(' ')}`;
  const command = `secondglance() { case "$1" in caption|steps|watch) $SG "$@" ${model};; *) $SG "$@";; esac; }`;
  const ran = await room.shell(`set -e\n${command}\n${blocks.join('')}`);
  expect(ran).toMatchObject({ code: 0 });
  return { ...room, ...ran, blocks };
}

test('docs/text.md: its commands, in their order', async () => {
  const { stdout, read, blocks } = await runPage('text', []);
  expect(blocks).toHaveLength(2);
  const texts: { text: string; kind: string }[] = JSON.parse(await read('text/film.json')).texts;
  expect(texts).toContainEqual(expect.objectContaining({ text: 'Chapter 3: Methods', kind: 'text' }));
  expect(await read('text/film.vtt')).toMatch(/Text on\s+screen: NO PARKING/);
  expect(await read('guide/steps.json')).toMatch(/"title": "Chapter 3: Methods"/);
  expect(stdout).toMatch(/"text":"NO PARKING"/);
  expect(stdout.split('\n').filter((line) => line.includes('Text on screen: NO PARKING'))).toHaveLength(1);
});

test('docs/descriptions.md: its commands, in their order', async () => {
  const { stdout, read } = await runPage('descriptions', ['--frames', 'every:1s']);
  expect(stdout).toMatch(/described\.vtt: \d+ cues?, no violations/);
  for (const name of ['described.vtt', 'described/film.vtt']) expect(await read(name)).toMatch(/-->/);
});
