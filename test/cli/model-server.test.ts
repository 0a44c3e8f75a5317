import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import * as dialects from '../support/chat-dialects.ts';
import { type FakeChatServer, fakeChatServer, type Quirk } from '../support/fake-chat-server.ts';
import { ffmpeg } from '../support/videos.ts';
import { run, runEach, start } from './support/program.ts';
import { benches, colourVideo } from './support/room.ts';

const bench = benches(async (folder) => {
  const plain = await colourVideo(`${folder}/plain.mkv`, ['red', 'blue', 'white'], 2);
  // Pictures of one colour are not sent to a server.
  await ffmpeg(
    '-i',
    plain,
    '-vf',
    'drawbox=x=20:y=20:w=6:h=6:t=fill:color=gray',
    '-c:v',
    'mpeg4',
    '-q:v',
    '3',
    `${folder}/film.mkv`,
  );
});
const servers: FakeChatServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(...quirks: readonly Quirk[]): Promise<FakeChatServer> {
  const server = await fakeChatServer(...quirks);
  servers.push(server);
  return server;
}

test('caption with a model server; a run that was killed asks for no answer twice', async () => {
  const { shared, folder, env, at } = await bench('server');
  const video = `${shared}/film.mkv`;
  const args = ['caption', video, '-o', at('film.json'), '--frames', 'every:2s', '--passes', '1'];
  // The third picture of the film is never answered: the run hangs there until it is killed.
  const stuck = await serve(({ pictures, prompt }) =>
    pictures[0]?.colours[0] === 'white' && !/half/.test(prompt) ? { status: 503, body: { error: 'wait' } } : undefined,
  );
  const killed = await start([...args, '--model', 'openai:eyes', '--base-url', stuck.baseUrl], { cwd: folder, env });
  while (stuck.seen.length < 4) await new Promise((resolve) => setTimeout(resolve, 50));
  process.kill(killed.pid, 'SIGKILL');
  await killed.ended;

  const server = await serve();
  const moved = { ...env, SECONDGLANCE_BASE_URL: server.baseUrl };
  const { code, stderr } = await run([...args, '--model', 'openai:eyes'], { cwd: folder, env: moved });
  expect(stderr).not.toMatch(/experimental|warning/i);
  expect(code, stderr).toBe(0);
  const track = JSON.parse(await readFile(at('film.json'), 'utf8'));
  expect(track.model.name).toBe('eyes');
  expect(track.keyframes.map(({ text }: { text: string }) => text)).toEqual([
    'A red picture',
    'A blue picture',
    'A white picture',
  ]);
  expect(server.seen.map(({ pictures }) => pictures[0]?.colours[0])).toEqual(['yellow', 'white']);
});

test('a model that does not see is refused before anything is captioned, and flags for servers need a server', async () => {
  const { shared, folder, env, at } = await bench('blind');
  const video = `${shared}/film.mkv`;
  const { baseUrl } = await serve(dialects.llamaBlind);
  const args = ['caption', video, '-o', at('film.vtt'), '--base-url', baseUrl];
  const lines = [[...args, '--model', 'openai:eyes'], args, ['caption', video, '--model', 'openai:eyes']];
  expect(await runEach(lines, { cwd: folder, env })).toMatchObject([
    { code: 1, stderr: expect.stringContaining('does not see pictures') },
    { code: 2, stderr: expect.stringContaining('--base-url is for --model openai:NAME') },
    { code: 2, stderr: expect.stringContaining('--base-url http://127.0.0.1:11434/v1') },
  ]);
});
