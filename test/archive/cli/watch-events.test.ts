import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { run } from '../../cli/support/program.ts';
import { benches, colourVideo, jsonLines } from '../../cli/support/room.ts';

const bench = benches();

test('watch --events: one line and one search result for each event, with the times of the camera', async () => {
  const { bundle, env, folder, at, read } = await bench('watch-events');
  await mkdir(at('cams/front'), { recursive: true });
  await colourVideo(at('cams/front/front_20251124220509.mp4'), ['white', 'red', 'blue'], 4);
  const how = { cwd: folder, env };
  const state = ['--state', at('cams.db')];
  const zone = ['--zone', 'Europe/Berlin'];
  const watch = ['watch', at('cams'), '--once', '--settle', '0s', ...state, ...zone, '--model', bundle];
  const ended = await run([...watch, '--events', '-f', 'json', '-o', at('tracks')], how);
  expect(ended.code, ended.stderr).toBe(0);
  const lines = ended.stderr.split('\n').filter((line) => line.includes(' to '));
  expect(lines.map((line) => line.replace(/ \(\d+ of (\d+) keyframes?\)$/, ''))).toEqual([
    '22:05:09 to 22:05:13, front: A bright white wall in the sun',
    '22:05:13 to 22:05:17, front: A bright red picture',
    '22:05:17 to 22:05:21, front: A bright blue picture',
  ]);
  const { options, events, cues } = JSON.parse(await read('tracks/front/front_20251124220509.json'));
  expect(options.events).toBe(true);
  expect(events).toMatchObject([
    { start: 0, end: 4, text: 'A bright white wall in the sun' },
    { start: 4, end: 8 },
    { start: 8, end: 12 },
  ]);
  for (const { support, frames } of events) expect(support).toBe(frames);
  expect(cues.map(({ start, end }: { start: number; end: number }) => [start, end])).toEqual([
    [0, 4],
    [4, 8],
    [8, 12],
  ]);
  const found = await run(['search', 'picture', ...state, '--json'], how);
  expect(jsonLines(found.stdout).map(({ text }) => text)).toEqual(['A bright blue picture', 'A bright red picture']);
});
