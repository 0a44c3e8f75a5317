import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { start } from '../cli/support/program.ts';
import { benches, colourVideo } from '../cli/support/room.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { startServer } from './support/server.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis({ password: 'hunter22' });
});
afterAll(() => redis.remove());

const bench = benches((folder) =>
  colourVideo(path.join(folder, 'film.mp4'), ['red', 'blue', 'green'], 2).then(() => undefined),
);

test('the page over Redis: services caption, and the page has the same as from its own process', async () => {
  const { folder, shared, bundle, env, at } = await bench('redis');
  const own = { SECONDGLANCE_REDIS_URL: redis.url, SECONDGLANCE_ALLOW_PATHS: `${shared}:${at('data')}` };
  const args = ['--model', bundle, '--folder', shared];
  const body = { source: { path: path.join(shared, 'film.mp4') }, options: { frames: 'every:500ms' } };
  const alone = await startServer([...args, '--data', at('alone')], { cwd: folder, env });
  const [local] = (await alone.client('POST /videos', { body })).videos;
  const params = { id: local?.id ?? '' };
  const expected = await alone.settled(params.id, 'done');
  const track = await readFile(at('alone', 'videos', params.id, `${params.id}.vtt`), 'utf8');
  const captions = await alone.client('GET /videos/{id}/captions', { params });
  const { cues } = await alone.client('GET /videos/{id}/cues', { params });
  await alone.stop();

  const server = await startServer([...args, '--data', at('data')], { cwd: folder, env: { ...env, ...own } });
  const workers = { decoding: 0, captioning: 0, writing: 0 };
  expect(await server.client('GET /system')).toMatchObject({ runner: 'redis', workers });
  await server.client('POST /videos', { body });
  // Nothing works on it yet: it can be paused and resumed.
  await server.settled(params.id, 'running');
  await server.client('POST /videos/{id}/pause', { params });
  await server.settled(params.id, 'paused');
  await server.client('POST /videos/{id}/resume', { params });
  const services = await start(['up', '--model', bundle, '--concurrency', '1'], {
    cwd: folder,
    env: { ...env, ...own },
  });
  try {
    const done = await server.settled(params.id, 'done', 'failed');
    expect(done).toMatchObject({ state: 'done', cues: expected.cues, media: expected.media, problems: [] });
    expect((await server.client('GET /system')).workers).toEqual({ decoding: 1, captioning: 1, writing: 1 });
    expect(await server.client('GET /videos/{id}/captions', { params })).toEqual(captions);
    expect((await server.client('GET /videos/{id}/cues', { params })).cues).toEqual(cues);
    expect(await readFile(at('data', 'videos', params.id, `${params.id}.vtt`), 'utf8')).toBe(track);
    expect((await fetch(`${server.api}/videos/${params.id}/pictures/3`)).status).toBe(200);

    // Its cues are edited, its steps found, edited and exported, as without Redis.
    const { revision } = await server.client('GET /videos/{id}/cues', { params });
    const edits = { cues: [{ start: 0, end: 2, text: 'An edited cue' }] };
    await server.client('PUT /videos/{id}/edits', { params, body: edits, ifMatch: revision });
    const ended = async ({ id }: { readonly id: string }) => {
      const job = () => server.client('GET /jobs/{id}', { params: { id } });
      await expect.poll(async () => (await job()).state, { timeout: 120_000 }).toMatch(/done|failed/);
      return job();
    };
    const request = { minStep: 1, maxStep: 10 };
    const found = await ended(await server.client('POST /videos/{id}/steps', { params, body: request }));
    expect(found).toMatchObject({ state: 'done', message: '3 steps' });
    const guide = await server.client('GET /videos/{id}/steps', { params });
    expect(guide.steps.map(({ start }) => Math.round(start))).toEqual([0, 2, 4]);
    const steps = guide.steps.map((step, at) => ({ ...step, title: `Step ${at}`, picture: { time: step.start + 1 } }));
    const saved = await server.client('PUT /videos/{id}/steps', {
      params,
      body: { title: 'A guide', steps },
      ifMatch: guide.revision,
    });
    expect(saved.steps.map(({ title, picture }) => [title, picture?.time])).toEqual([
      ['Step 0', 1],
      ['Step 1', 3],
      ['Step 2', 5],
    ]);
    expect(await (await fetch(`${server.api}/videos/${params.id}/guide?format=list`)).text()).toContain('0:02 Step 1');
    const render = { kind: 'chapters', container: 'mkv' } as const;
    const copy = await ended(await server.client('POST /videos/{id}/renders', { params, body: render }));
    expect(copy).toMatchObject({ state: 'done', file: 'film.chapters.mkv' });
    const file = await fetch(`${server.api}/jobs/${copy.id}/file`);
    expect(Buffer.from(await file.arrayBuffer()).includes('Step 2')).toBe(true);
  } finally {
    services.child.kill('SIGTERM');
    await services.ended;
    await server.stop();
  }
});
