import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { benches, colourPicture, colourVideo } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches(async (shared) => {
  await colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2);
  await colourPicture(path.join(shared, 'red.png'), 'red');
});

test.each([
  ['RED -o look.jpg', /-o look\.jpg: explain draws PNG/],
  ['RED -o - --json', /both write to stdout/],
  ['RGB@soon --json', /@ soon: not a time/],
  ['RGB@6.5 --json', /rgb\.mp4 shows nothing at 00:00:06\.500: it runs from 00:00:00\.000 to 00:00:06\.000/],
  ['RED@1 --json', /red\.png is a picture, which has no times/],
  ['FOLDER --json', /takes one picture, or one video and a time/],
])('wrong usage: %s', async (args, sentence) => {
  const { shell, shared, bundle } = await bench(`usage ${args}`);
  const line = args.replace('RED', `${shared}/red.png`).replace('RGB', `${shared}/rgb.mp4`).replace('FOLDER', shared);
  const { code, stdout, stderr } = await shell(`$SG explain ${line} --model '${bundle}'`);
  expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
  expect(stderr).toMatch(sentence);
});
