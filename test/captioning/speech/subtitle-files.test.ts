import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { readSpoken, subtitleFiles } from '../../../src/captioning/speech/subtitle-files.ts';
import type { Source } from '../../../src/ingest/sources/sources.ts';
import { temporaryFolder } from '../../storage/support/folder.ts';
import { ffmpeg } from '../../support/videos.ts';

const signal = new AbortController().signal;
const cue = (text: string): string => `1\n00:00:00,000 --> 00:00:01,000\n${text}\n`;

async function spokenOf(files: Record<string, string | Buffer>, options = {}) {
  const folder = await temporaryFolder();
  const input = path.join(folder, 'film.mp4');
  await ffmpeg('-f', 'lavfi', '-i', 'color=red:s=32x32:d=1', input);
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  const source: Source = { kind: 'file', input, name: 'film.mp4', label: 'film.mp4' };
  await mkdir(path.join(folder, 'state'));
  const found = await subtitleFiles(source, path.join(folder, 'state'));
  const { from, utterances, notes } = await readSpoken(source, found, signal, options);
  return { from, text: utterances.map(({ text }) => text).join(' '), notes };
}

test('thumbnails are not what is said, by name or by content', async () => {
  const thumbnails = 'WEBVTT\n\n00:00.000 --> 00:01.000\nsprite.jpg#xywh=0,0,160,90\n';
  expect(await spokenOf({ 'film.thumbnails.vtt': thumbnails })).toEqual({ from: null, text: '', notes: [] });
  expect(await spokenOf({ 'film.vtt': thumbnails, 'film.en.sdh.srt': cue('Boil the water') })).toEqual({
    from: 'film.en.sdh.srt',
    text: 'Boil the water',
    notes: ['film.vtt was not used: "film.vtt" is a track of thumbnails or metadata, not of speech'],
  });
});

test('a code page is detected and said, or named', async () => {
  const text = 'Вскипятите чашку воды.';
  const files = { 'film.srt': iconv.encode(cue(text), 'windows-1251') };
  expect(await spokenOf(files)).toEqual({
    from: 'film.srt',
    text,
    notes: [expect.stringContaining('was read as windows-1251')],
  });
  expect(await spokenOf(files, { encoding: 'windows-1251' })).toEqual({ from: 'film.srt', text, notes: [] });
});

test('subtitles of another video whose name is longer are left alone', async () => {
  const film = Buffer.from('');
  expect(await spokenOf({ 'film.mine.mp4': film, 'film.mine.srt': cue('Theirs') })).toMatchObject({ from: null });
});
