import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Ended, type Running, run, start } from '../cli/support/program.ts';
import { benches, colourVideo } from '../cli/support/room.ts';
import { type FakeChatServer, fakeChatServer, type Quirk } from '../support/fake-chat-server.ts';
import { until } from '../support/processes.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { ffmpeg } from '../support/videos.ts';
import { HUB } from '../workers/hub/reference.ts';

const OPTIONS = ['--frames', 'every:1s', '-f', 'vtt,json'];
const bench = benches(async (folder) => {
  // A change every second: a picture like the one before would not be captioned again.
  const colours = Array.from({ length: 8 }, () => ['red', 'blue', 'white'] as const).flat();
  const plain = await colourVideo(`${folder}/plain.mkv`, colours, 1);
  // Pictures of one colour are not captioned.
  const box = 'drawbox=x=20:y=20:w=6:h=6:t=fill:color=gray';
  await ffmpeg('-i', plain, '-vf', box, '-c:v', 'mpeg4', '-q:v', '3', `${folder}/film.mkv`);
  // Three scenes, in each of which something moves.
  const scenes = ['red', 'blue', 'white'].map((colour, at) => `color=${colour}:s=96x54:r=8:d=3[s${at}]`).join(';');
  const moving =
    "[s0][s1][s2]concat=n=3[all];color=gray:s=12x12:r=8:d=9[box];[all][box]overlay=x='8+20*mod(t\\,3)':y=20";
  const graph = `${scenes};${moving}`;
  await ffmpeg('-f', 'lavfi', '-i', graph, '-c:v', 'mpeg4', '-q:v', '3', '-g', '4', `${folder}/events.mkv`);
});

let redis: TestRedis;
let server: FakeChatServer;
let room: Awaited<ReturnType<typeof bench>>;
let env: Record<string, string>;
const services: Running[] = [];

beforeAll(async () => {
  redis = await startRedis({});
});
afterAll(() => redis.remove());
beforeEach(async ({ task }) => {
  server = await fakeChatServer();
  room = await bench(task.name);
  env = {
    ...room.env,
    SECONDGLANCE_REDIS_URL: redis.url,
    SECONDGLANCE_REDIS_PREFIX: path.basename(room.folder).slice(0, 40),
    SECONDGLANCE_ALLOW_PATHS: `${room.shared}:${room.folder}`,
    SECONDGLANCE_LOG_LEVEL: 'debug',
    SECONDGLANCE_BASE_URL: server.baseUrl,
  };
});
afterEach(async () => {
  for (const { child } of services) child.kill('SIGKILL');
  await Promise.all(services.splice(0).map(({ ended }) => ended));
  await server.close();
});

const how = (more: Record<string, string> = {}) => ({ cwd: room.folder, env: { ...env, ...more } });
async function serve(args: string[], more: Record<string, string> = {}): Promise<Running> {
  const running = await start(args, how(more));
  services.push(running);
  return running;
}
const submit = (model: string, film = 'film', ...more: string[]): Promise<Ended> =>
  run(
    ['submit', `${room.shared}/${film}.mkv`, ...OPTIONS, ...more, '--model', model, '-o', 'queued/', '--wait'],
    how(),
  );

async function expectSameAsAlone(model: string, film = 'film', ...more: string[]): Promise<void> {
  const state = { SECONDGLANCE_STATE_DIR: room.at('alone.state') };
  const args = ['caption', `${room.shared}/${film}.mkv`, ...OPTIONS, ...more, '--model', model, '-o', 'alone/'];
  const alone = await run(args, how(state));
  expect(alone.code, alone.stderr).toBe(0);
  for (const name of [`${film}.vtt`, `${film}.json`]) {
    expect(await room.read(`queued/${name}`)).toBe(await room.read(`alone/${name}`));
  }
}

test('a model of a hub family through the queue: the same bytes as in one process', async () => {
  const model = path.join(HUB, 'vit-gpt2');
  await serve(['up', '--model', model, '--concurrency', '1']);
  const { code, stderr } = await submit(model);
  expect(code, stderr).toBe(0);
  await expectSameAsAlone(model);
});

test('events with a model of a hub family through the queue: the same bytes', async () => {
  const model = path.join(HUB, 'vit-gpt2');
  await serve(['up', '--model', model, '--concurrency', '1']);
  const { code, stderr } = await submit(model, 'events', '--events');
  expect(code, stderr).toBe(0);
  await expectSameAsAlone(model, 'events', '--events');
});

test('a model server through the queue, a worker killed on the way: the same bytes', async () => {
  const allowed = { SECONDGLANCE_ALLOW_URLS: new URL(server.baseUrl).host };
  await serve(['ingest']);
  await serve(['assemble']);
  const worker = ['worker', '--model', 'openai:eyes', '--concurrency', '1'];
  const doomed = await serve(worker, allowed);
  const submitted = submit('openai:eyes');
  await until(() => server.seen.length > 10, 300, 'answers');
  doomed.child.kill('SIGKILL');
  await doomed.ended;
  await serve(worker, allowed);
  const { code, stderr } = await submitted;
  expect(code, stderr).toBe(0);
  await expectSameAsAlone('openai:eyes');
});

test('events, their worker killed when its server hangs: the same bytes, and no answer is asked for twice', async () => {
  env.SECONDGLANCE_PROMPT = 'At {time}, describe the picture.';
  const [answered, hanging] = [new Set<string>(), new Set<string>()];
  const hangs: Quirk = (seen, count) => {
    const known = seen.prompt + seen.pictures.length;
    if (count <= 9) answered.add(known);
    else hanging.add(known);
    return count <= 9 ? undefined : { status: 503, body: { error: 'busy' } };
  };
  const first = await fakeChatServer(hangs);
  try {
    const allow = { SECONDGLANCE_ALLOW_URLS: `${new URL(first.baseUrl).host},${new URL(server.baseUrl).host}` };
    await serve(['ingest']);
    await serve(['assemble']);
    const worker = ['worker', '--model', 'openai:eyes', '--concurrency', '1'];
    const doomed = await serve(worker, { ...allow, SECONDGLANCE_BASE_URL: first.baseUrl });
    const submitted = submit('openai:eyes', 'events', '--events');
    // Both groups that a worker has in hand have asked for an answer that does not come: those before it are on disk.
    await until(() => hanging.size === 2, 300, 'two requests that hang');
    doomed.child.kill('SIGKILL');
    await doomed.ended;
    await serve(worker, allow);
    const { code, stderr } = await submitted;
    expect(code, stderr).toBe(0);
    const [, ...asked] = server.seen.map(({ prompt, pictures }) => prompt + pictures.length);
    // Requests for a correction name no time: those of two pictures with one draft look alike.
    const timed = asked.filter((known) => /\bAt \d/.test(known));
    expect(timed.filter((known) => answered.has(known))).toEqual([]);
    expect(new Set(timed).size).toBe(timed.length);
    const { events } = JSON.parse(await room.read('queued/events.json'));
    expect(events.map(({ start, text }: { start: number; text: string }) => [start, text])).toEqual([
      [0, 'A red picture'],
      [3, 'A blue picture'],
      [6, 'A white picture'],
    ]);
    expect(await room.read('queued/events.vtt')).toContain('00:03.000 --> 00:00:06.000');
    await expectSameAsAlone('openai:eyes', 'events', '--events');
  } finally {
    await first.close();
  }
});

test('a worker uses no model server that the allow-list does not name', async () => {
  const worker = await serve(['up', '--model', 'openai:eyes', '--concurrency', '1']);
  let log = '';
  worker.child.stderr?.on('data', (text: string) => {
    log += text;
  });
  const submitted = submit('openai:eyes');
  await until(() => log.includes('SECONDGLANCE_ALLOW_URLS'), 300, 'the refusal');
  expect(server.seen).toEqual([]);
  for (const { child } of services) child.kill('SIGKILL');
  void submitted;
});
