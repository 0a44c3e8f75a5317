import { copyFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { PROFILES } from '../../src/pipeline/cues/profiles.ts';
import { FORMAT_NAMES } from '../../src/pipeline/formats/formats.ts';
import { film, streamsOf } from '../cli/support/films.ts';
import { benches } from '../cli/support/room.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const page = path.join(import.meta.dirname, '../../docs/tracks.md');
const bench = benches(async (shared) => {
  await film(path.join(shared, 'film.mp4'), undefined, undefined, '320x180');
});

test('docs/tracks.md: its commands, in their order', async () => {
  const { shared, at, folder, shell, bundle } = await bench('tracks');
  await copyFile(path.join(shared, 'film.mp4'), at('film.mp4'));
  const blocks = [...(await readFile(page, 'utf8')).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((found) => found[1]);
  expect(blocks.length).toBeGreaterThan(3);
  // The command as a shell has it, with a bundle that needs no second to load.
  const command = `secondglance() { case "$*" in *--track*) $SG "$@";; caption*) $SG "$@" --model '${bundle}';; *) $SG "$@";; esac; }`;
  const { code, stdout, stderr } = await shell(`set -e\n${command}\n${blocks.join('')}`);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toBe(
    'tracks/film.vtt: 3 cues, no violations of profile web\nnetflix/film.vtt: 3 cues, no violations of profile netflix\n',
  );
  expect((await readdir(at('tracks'))).sort()).toEqual(
    ['ass', 'srt', 'ttml', 'txt', 'vtt'].map((end) => `film.${end}`),
  );
  expect((await readdir(at('hls'))).sort()).toEqual([expect.stringMatching(/^film-\w{8}\.hls$/), 'film.m3u8']);
  expect((await readdir(at('de'))).sort()).toEqual(['film.de.srt', 'film.de.ttml']);
  expect((await readdir(folder)).filter((name) => name.startsWith('film.')).sort()).toEqual([
    'film.de.mkv',
    'film.de.vtt',
    'film.described.mkv',
    'film.described.mp4',
    'film.drawn.mp4',
    'film.mp4',
    'film.vtt',
  ]);
  const last = async (name: string) => (await streamsOf(at(name))).at(-1);
  expect(await last('film.described.mp4')).toMatchObject({ codec_name: 'mov_text', disposition: { descriptions: 1 } });
  expect(await last('film.described.mkv')).toMatchObject({ tags: { language: 'eng' } });
  expect(await last('film.de.mkv')).toMatchObject({ tags: { language: 'ger' } });
});

test("docs/tracks.md: the profiles' numbers", async () => {
  const text = await readFile(page, 'utf8');
  const row = (name: string): string[] =>
    (new RegExp(`^\\| ${name} \\|(.*)\\|$`, 'm').exec(text)?.[1] ?? '').split('|').map((cell) => cell.trim());
  const { web, netflix, bbc } = PROFILES;
  const all = [web, netflix, bbc];
  expect(row('characters a line')).toEqual(all.map(({ lineLength }) => String(lineLength)));
  expect(row('lines')).toEqual(all.map(({ lines }) => String(lines)));
  expect(row('shortest')).toEqual(['1 s', '5/6 s', '']);
  expect(all.map(({ minimum }) => minimum)).toEqual([1e6, Math.floor(5e6 / 6), undefined]);
  expect(row('longest')).toEqual(['', '7 s', '']);
  expect(all.map(({ maximum }) => maximum)).toEqual([undefined, 7e6, undefined]);
  expect(row('reading speed')).toEqual(['20 characters a second', '20 characters a second', '0.3 s a word']);
  expect(all.map(({ speed }) => speed?.most)).toEqual([20, 20, 60 / 0.3]);
  expect(row('gap')).toEqual(['', '2 frames (of 24 a second)', 'none, or 1 s']);
  expect(all.map(({ gap }) => gap?.least)).toEqual([undefined, Math.floor(2e6 / 24), 1e6]);
});

test('docs/tracks.md: a row for every format', async () => {
  const text = await readFile(page, 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual([...FORMAT_NAMES]);
});
