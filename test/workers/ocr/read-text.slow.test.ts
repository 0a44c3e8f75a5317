import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { captionVideo, type ModelCaptioner, openCaptioner } from '../../../src/index.ts';
import { textFilm } from '../../cli/support/films.ts';
import { tinyBundle } from '../../support/run.ts';
import { makeFolder } from '../../support/videos.ts';

let folder: { readonly path: string; remove(): Promise<void> };
let captioner: ModelCaptioner;
beforeAll(async () => {
  folder = await makeFolder();
  captioner = await openCaptioner({ model: { name: tinyBundle(), readText: true }, processes: 1 });
});
afterAll(async () => {
  await captioner.close();
  await folder.remove();
});

/** Two seconds of a camera at night, then two seconds of a sign. */
function film(): Promise<string> {
  const how = { seconds: 2, size: '640:480', voice: false };
  return textFilm(path.join(folder.path, 'film.mp4'), ['night', 'rotated'], how);
}

test('a film with text: pieces with times in JSON, and large new text in the descriptions', async () => {
  const out = path.join(folder.path, 'film.json');
  const run = captionVideo(await film(), {
    captioner,
    frames: 'every:500ms',
    stateDir: path.join(folder.path, 'state'),
  });
  await run.writeTo(out);
  const document = JSON.parse(await readFile(out, 'utf8'));
  expect(document.model.name).toMatch(/\+pp-ocr-v4$/);
  const texts = document.texts.map(({ text, start, end }: { text: string; start: number; end: number }) => [
    text,
    start,
    end,
  ]);
  expect(texts.toSorted()).toEqual([
    ['2026-11-26 22:05:09', 0, 2],
    ['CAM 02 FRONT', 0, 2],
    ['High voltage', 2, 4],
    ['NO PARKING', 0, 2],
  ]);
  const cues = document.cues.map(({ text }: { text: string }) => text.replace(/\n/g, ' '));
  expect(cues.join(' ')).toMatch(/Text on screen: NO PARKING/);
  expect(cues.at(-1)).toMatch(/Text on screen: High voltage$/);
  expect(cues.join(' ')).not.toMatch(/22:05:09|CAM 02/);
});
