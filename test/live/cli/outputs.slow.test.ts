import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openLiveState } from '../../../src/live/outputs/live-state.ts';
import { startWebhook } from '../../archive/support/receivers.ts';
import { run, start } from '../../cli/support/program.ts';
import { benches, colourVideo, jsonLines } from '../../cli/support/room.ts';
import { startRetainingBroker } from '../outputs/support/broker.ts';

const bench = benches(async (shared) => {
  await colourVideo(`${shared}/film.mp4`, ['white', 'red', 'blue'], 4);
});

test('live writes a playlist, day files, notifications, states and an archive; ffprobe reads the playlist', async () => {
  const { bundle, env, folder, shared, at, read } = await bench('live-outputs');
  const how = { cwd: folder, env: { ...env, TZ: 'UTC' } };
  const webhook = await startWebhook();
  const broker = await startRetainingBroker();
  const state = ['--state', at('cams.db')];
  const source = [`front=${shared}/film.mp4`, '--no-follow', '--frames', 'every:1s', '--min-confidence', '0'];
  const watched = ['--notify', 'picture', '--exact', '--notify-confidence', '0'];
  const to = ['--webhook', `http://127.0.0.1:${webhook.port}/`, '--mqtt', `mqtt://127.0.0.1:${broker.port}/eyes`];
  const live = ['live', ...source, '-o', at('out'), ...state, ...watched, ...to, '--model', bundle, '--workers', '1'];
  const running = await start(live, how);
  await expect.poll(() => broker.retained.get('eyes/front/caption'), { timeout: 120_000 }).toMatch(/red/);
  const ended = await running.ended;
  expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('3 cues')]);
  expect(ended.stderr).toMatch(/^live: captions \S+ .*with \S+; loading the model\n\S+: connecting\n/);

  const { stdout } = await promisify(execFile)('ffprobe', [
    ...['-v', 'error', '-allowed_extensions', 'ALL', '-show_entries', 'packet=pts_time', '-of', 'compact'],
    at('out/front/captions.m3u8'),
  ]);
  expect(stdout.match(/packet\|pts_time=\d/g)?.length).toBeGreaterThanOrEqual(3);
  expect(await read('out/front/captions.m3u8')).toMatch(/#EXT-X-ENDLIST\n$/);
  const days = (await readdir(at('out/front'))).filter((name) => name.endsWith('.jsonl'));
  const cues = (await Promise.all(days.map((day) => read(`out/front/${day}`)))).flatMap(jsonLines);
  expect(cues.map(({ text }) => text)).toEqual([
    'A bright white wall in the sun',
    'A bright red picture',
    'A bright blue picture',
  ]);
  const found = await run(['search', 'picture', ...state, '--json'], how);
  expect(jsonLines(found.stdout)).toMatchObject([
    { camera: 'front', text: 'A bright blue picture', file: 'live:front', picture: expect.stringMatching(/\.jpg$/) },
    { camera: 'front', text: 'A bright red picture', picture: expect.stringMatching(/\.jpg$/) },
  ]);
  // Red and blue are the same words, without a pause in between.
  expect(webhook.received.map(({ body }) => body)).toMatchObject([
    { event: 'match', words: 'picture', camera: 'front', picture: expect.stringMatching(/^data:image\/jpeg;base64,/) },
  ]);
  expect(broker.published).toContain('eyes/front/words/picture ON');
  expect(broker.published.filter((line) => line.startsWith('eyes {'))).toHaveLength(1);
  expect(broker.retained.get('eyes/status')).toBe('offline');
  await webhook.close();
  await broker.close();
});

test('a state file that another run uses is refused before anything is opened', async () => {
  const { folder, env, at } = await bench('live-busy');
  const held = await openLiveState(at('cams.db'), 'UTC');
  const second = await run(['live', 'rtsp://127.0.0.1:1/a', '--state', at('cams.db')], { cwd: folder, env });
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/another secondglance watch or live is using/),
  });
  held.close();
});

test('options of outputs that do not fit together are refused', async () => {
  const { folder, env } = await bench('live-refused');
  const refused = async (...args: string[]) =>
    await run(['live', 'rtsp://127.0.0.1:1/a', ...args], { cwd: folder, env });
  expect(await refused('--window', '1m')).toMatchObject({ code: 2, stderr: expect.stringContaining('add -o') });
  expect(await refused('--notify', 'dog')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--webhook or --mqtt'),
  });
  expect(await refused('-o', 'out', '--window', '5s')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('30s to 24h'),
  });
  expect(await refused('--keep-days', '3')).toMatchObject({ code: 2, stderr: expect.stringContaining('--state') });
});
