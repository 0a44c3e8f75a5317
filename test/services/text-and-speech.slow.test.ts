import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { textFilm } from '../cli/support/films.ts';
import { type Running, run, start } from '../cli/support/program.ts';
import { benches } from '../cli/support/room.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { tinyBundle } from '../support/run.ts';

const bench = benches(async (shared) => {
  await textFilm(`${shared}/film.mp4`, ['night', 'rotated'], { seconds: 6, size: '640:480', voice: true });
});

let redis: TestRedis;
const services: Running[] = [];
beforeAll(async () => {
  redis = await startRedis({});
});
afterAll(() => redis.remove());
afterEach(async () => {
  for (const { child } of services) child.kill('SIGKILL');
  await Promise.all(services.splice(0).map(({ ended }) => ended));
});

const READ = ['--read-text', '--model', tinyBundle()];
const OPTIONS = ['--frames', 'every:1s', '-f', 'vtt,json', '--around', 'auto', ...READ];

test('text in the picture and descriptions around speech: the same bytes through the queue as in one process', async () => {
  const room = await bench('text and speech');
  const film = `${room.shared}/film.mp4`;
  const env = {
    ...room.env,
    SECONDGLANCE_REDIS_URL: redis.url,
    SECONDGLANCE_ALLOW_PATHS: `${room.shared}:${room.folder}`,
  };
  const how = (more: Record<string, string> = {}) => ({ cwd: room.folder, env: { ...env, ...more } });
  services.push(await start(['up', ...READ, '--concurrency', '1'], how()));
  const queued = await run(['submit', film, ...OPTIONS, '-o', 'queued/', '--wait'], how());
  expect(queued.code, queued.stderr).toBe(0);
  const state = { SECONDGLANCE_STATE_DIR: room.at('alone.state') };
  const alone = await run(['caption', film, ...OPTIONS, '-o', 'alone/'], how(state));
  expect(alone.code, alone.stderr).toBe(0);
  for (const name of ['film.vtt', 'film.json']) {
    expect(await room.read(`queued/${name}`)).toBe(await room.read(`alone/${name}`));
  }
  const { options, texts, cues } = JSON.parse(await room.read('alone/film.json'));
  expect(options.around).toBe('auto');
  expect(texts.map(({ text }: { text: string }) => text)).toContain('High voltage');
  // The voice speaks from 1.2 to 4.1 s and from 6.4 to 9.6 s.
  for (const { start: from, end } of cues) {
    for (const [said, done] of [
      [1.4, 4],
      [6.6, 9.4],
    ] as const)
      expect(end <= said || from >= done, `${from}-${end}`).toBe(true);
  }
  expect(cues.length).toBeGreaterThan(1);
});

test('check --around finds descriptions that collide with a track of dialogue', async () => {
  const room = await bench('check around');
  await writeFile(room.at('dialogue.srt'), '1\n00:00:02,000 --> 00:00:04,000\nHello\n');
  await writeFile(room.at('ours.vtt'), 'WEBVTT\n\n00:00.000 --> 00:02.000\nA door\n\n00:03.500 --> 00:06.000\nA dog\n');
  const how = { cwd: room.folder, env: room.env };
  const found = await run(['check', 'ours.vtt', '--around', 'dialogue.srt'], how);
  expect([found.code, found.stdout]).toEqual([
    1,
    'ours.vtt: cue 2 at 00:00:03.500: speech: somebody speaks for 0.5 seconds of it\n',
  ]);
  const plain = await run(['check', 'ours.vtt'], how);
  expect(plain.code).toBe(0);
  const missing = await run(['check', 'ours.vtt', '--around', 'none.srt'], how);
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('none.srt')]);
});
