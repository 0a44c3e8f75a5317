import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Captioner, CaptionerOptions } from '../../../src/workers/captioner.ts';
import { commandModel } from '../../../src/workers/command/command-model.ts';
import type { ServerSettings } from '../../../src/workers/server/server-settings.ts';
import { tinyGroup } from '../../support/tiny-groups.ts';

const { signal } = new AbortController();
const TWO = { passes: 2 } as const;
const SETTINGS: ServerSettings = {
  ...{ baseUrl: undefined, apiKey: undefined, prompt: undefined, detail: 'brief' },
  ...{ pictureSize: 64, pictureQuality: 85, concurrency: 2, perMinute: undefined, timeoutMs: 60_000 },
};

let home: string;
const captioners: Captioner[] = [];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'secondglance-command-'));
});
afterEach(async () => {
  for (const captioner of captioners.splice(0)) await captioner.close();
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** A program that answers each line with what `answer` makes of it. */
async function programOf(name: string, answer: string, ready: object = { ready: true }): Promise<string> {
  const file = join(home, name);
  await writeFile(
    file,
    `#!${process.execPath}
const { createInterface } = require('node:readline');
const fs = require('node:fs');
console.error('hello from ${name}');
console.log(${JSON.stringify(JSON.stringify(ready))});
const log = ${JSON.stringify(join(home, `${name}.log`))};
createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  const say = (answer) => console.log(typeof answer === 'string' ? answer : JSON.stringify({ id: request.id, ...answer }));
  ${answer}
});
`,
  );
  await chmod(file, 0o755);
  return file;
}

async function captionerOf(
  program: string,
  settings: Partial<ServerSettings> = {},
  options: CaptionerOptions = {},
): Promise<Captioner> {
  const captioner = (await commandModel(program, { ...SETTINGS, ...settings })).captioner(options);
  captioners.push(captioner);
  return captioner;
}

test('JPEG in, text out: drafts, confidence, and an error of one picture', async () => {
  const program = await programOf(
    'good',
    `fs.appendFileSync(log, line + '\\n');
     if (request.id === 1) say({ error: 'too dark' });
     else say({ text: 'A picture of ' + request.video, draft: 'A picture', confidence: 0.51234 });`,
  );
  const captioner = await captionerOf(program, { prompt: 'What is it?' });
  expect(captioner).toMatchObject({ model: { name: 'good' }, runtime: 'captioner program', concurrency: 1 });
  await captioner.open();
  const captions = await captioner.caption(tinyGroup(['red', 'blue', 'white']), TWO, signal);
  expect(captions).toMatchObject([
    { index: 0, draft: 'A picture', text: 'A picture of made', confidence: 0.5123, passes: 2 },
    { index: 1, text: '', confidence: 0, error: { code: 'inference-failed', message: 'too dark' } },
    { index: 2, text: 'A picture of made' },
  ]);
  expect(await captioner.caption(tinyGroup(['red'], 1), { passes: 1 }, signal)).toMatchObject([{ text: 'A picture' }]);
  const [first] = (await readFile(`${program}.log`, 'utf8')).split('\n').map((line) => JSON.parse(line || '{}'));
  expect(first).toMatchObject({ id: 0, width: 16, height: 16, video: 'made', time: 0, passes: 2, detail: 'brief' });
  expect(first.prompt).toBe('What is it?');
  expect(Buffer.from(first.jpeg, 'base64').subarray(0, 3).toString('hex')).toBe('ffd8ff');
});

test('a program that wants files gets paths, which are gone afterwards', async () => {
  const program = await programOf(
    'paths',
    `fs.writeFileSync(log, request.path);
     say({ text: 'jpeg' in request ? 'both' : fs.readFileSync(request.path).subarray(0, 3).toString('hex') });`,
    { ready: true, pictures: 'path' },
  );
  const captioner = await captionerOf(program);
  await captioner.open();
  expect(await captioner.caption(tinyGroup(['red']), TWO, signal)).toMatchObject([{ text: 'ffd8ff' }]);
  const path = await readFile(`${program}.log`, 'utf8');
  await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('a program that fails', () => {
  test('by ending is started again, with its last words as the reason', async () => {
    const failures: unknown[] = [];
    const program = await programOf(
      'mortal',
      `if (fs.existsSync(log)) say({ text: 'Alive' });
       else { fs.writeFileSync(log, ''); console.error('out of luck'); process.exit(7); }`,
    );
    const captioner = await captionerOf(program, {}, { onFailure: (error) => failures.push(error) });
    await captioner.open();
    expect(await captioner.caption(tinyGroup(['red']), TWO, signal)).toMatchObject([{ text: 'Alive' }]);
    expect(failures).toMatchObject([
      { code: 'worker-died', detail: { exitCode: 7, stderr: ['hello from mortal', 'out of luck'] } },
    ]);
  });

  test('by silence is killed after the time limit, and its group fails', async () => {
    const captioner = await captionerOf(await programOf('silent', ''), { timeoutMs: 700 });
    await captioner.open();
    const [caption] = await captioner.caption(tinyGroup(['red']), TWO, signal);
    expect(caption?.error).toMatchObject({ code: 'group-failed', message: expect.stringContaining('0.7 s') });
  });

  test('by answering nonsense fails its group', async () => {
    const captioner = await captionerOf(await programOf('chatty', `say('loading 50 %');`));
    await captioner.open();
    const [caption] = await captioner.caption(tinyGroup(['red']), TWO, signal);
    expect(caption?.error?.message).toMatch(/wrote loading 50 % instead of \{"id": 0, "text": "\.\.\."\}/);
  });

  test('before it is ready cannot be used', async () => {
    const program = await programOf('unready', '', { hello: 'world' });
    await expect((await captionerOf(program)).open()).rejects.toMatchObject({
      code: 'worker-start',
      message: expect.stringContaining('instead of {"ready": true}'),
    });
    await expect(commandModel(join(home, 'nothing'), SETTINGS)).rejects.toMatchObject({ code: 'program-missing' });
  });
});

test('an abort ends the program at once', async () => {
  const captioner = await captionerOf(await programOf('slow', ''));
  await captioner.open();
  const controller = new AbortController();
  const reason = new Error('enough');
  const captions = expect(captioner.caption(tinyGroup(['red']), TWO, controller.signal)).rejects.toBe(reason);
  controller.abort(reason);
  await captions;
});

test('camera, clock and what came before reach the program, also inside a prompt', async () => {
  const program = await programOf(
    'facts',
    "fs.appendFileSync(log, line + '\\n'); say({ text: 'caption ' + request.id });",
  );
  const captioner = await captionerOf(program, { prompt: '{camera} {video} {time}: after {previous}, {other}' });
  await captioner.open();
  const group = tinyGroup(['red', 'blue']);
  const recorded = { camera: 'front', epoch: Date.parse('2025-11-24T21:05:09Z'), zone: 'Europe/Berlin' };
  await captioner.caption({ ...group, recorded }, TWO, signal);
  await captioner.caption(group, TWO, signal);
  const asked = (await readFile(join(home, 'facts.log'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { video } = group;
  expect(asked[0]).toMatchObject({
    ...{ camera: 'front', clock: '2025-11-24 22:05:09' },
    prompt: `front ${video} 2025-11-24 22:05:09: after , {other}`,
  });
  expect(asked[1]).toMatchObject({ prompt: expect.stringMatching(/: after caption 0, \{other\}$/) });
  expect(asked[2]).not.toHaveProperty('camera');
  expect(asked[2]).not.toHaveProperty('clock');
  expect(asked[2].prompt).toMatch(new RegExp(`^${video} ${video} \\d:\\d\\d:\\d\\d: after `));
});
