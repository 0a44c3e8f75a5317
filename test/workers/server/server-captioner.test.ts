import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Group } from '../../../src/core/types.ts';
import type { Captioner } from '../../../src/workers/captioner.ts';
import { serverModel } from '../../../src/workers/server/server-model.ts';
import type { ServerSettings } from '../../../src/workers/server/server-settings.ts';
import * as dialects from '../../support/chat-dialects.ts';
import { type FakeChatServer, fakeChatServer, type Quirk, says } from '../../support/fake-chat-server.ts';

const { signal } = new AbortController();
const TWO = { passes: 2 } as const;
const ONE = { passes: 1 } as const;
const SETTINGS: ServerSettings = {
  ...{ baseUrl: undefined, apiKey: undefined, prompt: undefined, detail: 'brief' },
  ...{ pictureSize: 96, pictureQuality: 85, concurrency: 2, perMinute: undefined, timeoutMs: 20_000 },
};
const TIMINGS = { firstMs: 1, longestMs: 5, forMs: 2000 };
const COLOURS = { red: [255, 0, 0], blue: [0, 0, 255], white: [255, 255, 255] } as const;

let home: string;
const servers: FakeChatServer[] = [];
const captioners: Captioner[] = [];
const before = process.env.SECONDGLANCE_STATE_DIR;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'secondglance-server-'));
  process.env.SECONDGLANCE_STATE_DIR = home;
});
afterEach(async () => {
  for (const captioner of captioners.splice(0)) await captioner.close();
  for (const server of servers.splice(0)) await server.close();
});
afterAll(async () => {
  if (before === undefined) delete process.env.SECONDGLANCE_STATE_DIR;
  else process.env.SECONDGLANCE_STATE_DIR = before;
  await rm(home, { recursive: true, force: true });
});

async function serve(...quirks: readonly Quirk[]): Promise<FakeChatServer> {
  const server = await fakeChatServer(...quirks);
  servers.push(server);
  return server;
}

function captionerOf(server: FakeChatServer, settings: Partial<ServerSettings> = {}): Captioner {
  const model = serverModel('eyes:3b', {
    settings: { ...SETTINGS, baseUrl: server.baseUrl, ...settings },
    timings: TIMINGS,
  });
  const captioner = model.captioner();
  captioners.push(captioner);
  return captioner;
}

/** Pictures of 128 x 72 with a chequered corner, so that there is detail to look at. */
function groupOf(...colours: (keyof typeof COLOURS)[]): Group {
  const [width, height] = [128, 72];
  const keyframes = colours.map((colour, index) => {
    const pixels = new Uint8Array(width * height * 3);
    for (let at = 0; at < width * height; at++) {
      const corner = at % width < 20 && at < 12 * width && (at + Math.floor(at / width)) % 2 === 0;
      pixels.set(corner ? [90, 90, 90] : COLOURS[colour], at * 3);
    }
    return { video: 'yard.mp4', index, pts: 65_000_000 + index * 1e6, still: false, width, height, pixels };
  });
  return { video: 'yard.mp4', index: 0, keyframes };
}

test('two passes: the draft from the picture alone, the text from picture, enlarged parts and draft', async () => {
  const server = await serve();
  const captioner = captionerOf(server);
  expect(captioner).toMatchObject({ model: { name: 'eyes:3b' }, concurrency: 2, image: { resize: 'fit', width: 128 } });
  await captioner.open();
  const captions = await captioner.caption(groupOf('red', 'blue'), TWO, signal);
  expect(captions).toMatchObject([
    { index: 0, pts: 65_000_000, draft: 'A red picture', text: 'A plain red picture', passes: 2, confidence: 1 },
    { index: 1, draft: 'A blue picture', text: 'A plain blue picture' },
  ]);
  expect(captions[0]?.regions?.[0]).toMatchObject({ x: 0, y: 0 });
  const [, draft, correction] = server.seen;
  expect(draft?.request).toMatchObject({ model: 'eyes:3b', temperature: 0, seed: 0, stream: false });
  expect(draft?.pictures).toMatchObject([{ width: 96, height: 54 }]);
  expect(correction?.prompt).toContain('"A red picture"');
  expect(correction?.pictures.length).toBeGreaterThan(1);
  // The parts come from the frame, not from the smaller picture that was sent.
  expect(correction?.pictures[1]).toMatchObject({ width: 53, height: 30 });
});

test('one pass asks once a picture', async () => {
  const server = await serve();
  const captioner = captionerOf(server);
  await captioner.open();
  const captions = await captioner.caption(groupOf('white'), ONE, signal);
  expect(captions).toMatchObject([{ draft: 'A white picture', text: 'A white picture', passes: 1 }]);
  expect(captions[0]).not.toHaveProperty('regions');
  expect(server.seen).toHaveLength(2);
});

test('an own prompt gets the facts of its picture', async () => {
  const server = await serve();
  const captioner = captionerOf(server, { prompt: 'Camera {camera}, {time}, before: {previous}. {"x"}' });
  await captioner.open();
  await captioner.caption(groupOf('red', 'blue'), ONE, signal);
  expect(server.seen.slice(1).map(({ prompt }) => prompt.split('\n')[0])).toEqual([
    'Camera yard.mp4, 0:01:05, before: . {"x"}',
    'Camera yard.mp4, 0:01:06, before: A red picture. {"x"}',
  ]);
});

test('camera and wall-clock time of a recording, in the time zone of its camera', async () => {
  const server = await serve();
  const captioner = captionerOf(server, { prompt: '{camera} at {time}, {video}' });
  await captioner.open();
  const epoch = Date.UTC(2026, 9, 25, 0, 58, 30);
  const group = { ...groupOf('red', 'blue'), recorded: { camera: 'front', epoch, zone: 'Europe/Berlin' } };
  await captioner.caption(group, ONE, signal);
  expect(server.seen.slice(1).map(({ prompt }) => prompt.split('\n')[0])).toEqual([
    'front at 2026-10-25 02:59:35, yard.mp4',
    'front at 2026-10-25 02:59:36, yard.mp4',
  ]);
});

/** A group whose keyframes are those of one event. */
function eventOf(...colours: (keyof typeof COLOURS)[]): Group {
  const group = groupOf(...colours);
  return {
    ...group,
    keyframes: group.keyframes.map((frame) => ({ ...frame, event: { index: 0, start: 65_000_000 } })),
  };
}

describe('events', () => {
  test('the frames of an event are read in order, with their times, in one request', async () => {
    const server = await serve();
    const captioner = captionerOf(server);
    await captioner.open();
    const captions = await captioner.caption(eventOf('red', 'blue', 'white'), ONE, signal);
    expect(captions.map(({ text, joint }) => [text, joint?.text])).toEqual([
      ['A red picture', 'A red picture'],
      ['A blue picture', undefined],
      ['A white picture', undefined],
    ]);
    const last = server.seen.at(-1);
    expect(server.seen).toHaveLength(5);
    expect(last?.pictures.map(({ colours }) => colours[1])).toEqual(['red', 'blue', 'white']);
    expect(last?.prompt).toContain('3 pictures are frames of one video, in order, taken at 0:01:05, 0:01:06, 0:01:07.');
    expect(last?.prompt).toContain('at least two');
  });

  test('an own prompt is asked about the event as well', async () => {
    const server = await serve();
    const captioner = captionerOf(server, { prompt: 'Was geschieht bei {camera}?' });
    await captioner.open();
    await captioner.caption(eventOf('red', 'blue'), ONE, signal);
    expect(server.seen.at(-1)?.prompt).toMatch(/taken at 0:01:05, 0:01:06\. Was geschieht bei yard\.mp4\?/);
  });

  test('an event of one keyframe needs no request of its own', async () => {
    const server = await serve();
    const captioner = captionerOf(server);
    await captioner.open();
    expect((await captioner.caption(eventOf('red'), ONE, signal))[0]).not.toHaveProperty('joint');
    expect(server.seen).toHaveLength(2);
  });

  test('a server that takes one picture a request has no wording for several', async () => {
    const server = await serve(dialects.vllmOnePicture);
    const captioner = captionerOf(server);
    await captioner.open();
    const captions = await captioner.caption(eventOf('red', 'blue', 'white'), ONE, signal);
    expect(captions.map(({ text, joint }) => joint?.text ?? text)).toEqual([
      'A red picture',
      'A blue picture',
      'A white picture',
    ]);
  });

  test('one that takes two gets the first and the last', async () => {
    const two: Quirk = ({ pictures }) =>
      pictures.length > 2
        ? { status: 400, body: { error: { message: 'At most 2 image(s) may be provided in one request.' } } }
        : undefined;
    const server = await serve(two);
    const captioner = captionerOf(server);
    await captioner.open();
    const [first] = await captioner.caption(eventOf('red', 'blue', 'white'), ONE, signal);
    expect(first?.joint).toEqual({ text: 'A red picture', confidence: 1 });
    expect(server.seen.at(-1)?.pictures.map(({ colours }) => colours[1])).toEqual(['red', 'white']);
  });

  test('a killed attempt asks for the wording of an event no second time', async () => {
    const first = await serve();
    const dying = captionerOf(first);
    await dying.open();
    const group = { ...eventOf('red', 'blue'), index: 3 };
    // Its answers are on disk before the group counts as finished.
    const answered = await dying.caption(group, ONE, signal);
    const second = await serve(({ prompt }) =>
      /half/.test(prompt) ? undefined : { status: 400, body: { error: 'asked again' } },
    );
    const next = captionerOf(second);
    await next.open();
    expect(await next.caption(group, ONE, signal)).toEqual(answered);
    expect(second.seen).toHaveLength(1);
  });
});

describe('dialects', () => {
  test.each([
    ['Ollama, text model', dialects.ollamaBlind, 'server-blind', 'does not support multimodal requests'],
    ['llama.cpp without --mmproj', dialects.llamaBlind, 'server-blind', '--mmproj'],
    ['Ollama, unknown model', dialects.ollamaMissing, 'server-refused', "model 'eyes:3b' not found"],
    ['llama.cpp with another key', dialects.llamaKey('right'), 'server-key', 'Invalid API Key'],
  ] as const)('%s: refused at the start, at the first request', async (_, quirk, code, words) => {
    const server = await serve(quirk);
    await expect(captionerOf(server).open()).rejects.toMatchObject({
      code,
      retryable: false,
      message: expect.stringContaining(words),
    });
    expect(server.seen).toHaveLength(1);
  });

  test('a server that drops pictures and answers all the same is found out', async () => {
    const server = await serve(() => says('The left half is blue and the right half is red.'));
    await expect(captionerOf(server).open()).rejects.toMatchObject({ code: 'server-blind' });
  });

  test('llama.cpp that loads its model is waited for, with the key', async () => {
    const server = await serve(dialects.llamaKey('s3cret'), dialects.llamaLoading(3));
    const captioner = captionerOf(server, { apiKey: 's3cret' });
    await captioner.open();
    expect(server.seen).toHaveLength(4);
    expect(await captioner.caption(groupOf('red'), ONE, signal)).toMatchObject([{ text: 'A red picture' }]);
  });

  test('a server that never finishes loading', async () => {
    const server = await serve(dialects.llamaLoading(1e9));
    const model = serverModel('x', {
      settings: { ...SETTINGS, baseUrl: server.baseUrl },
      timings: { firstMs: 1, longestMs: 2, forMs: 20 },
    });
    const captioner = model.captioner();
    captioners.push(captioner);
    await expect(captioner.open()).rejects.toMatchObject({ code: 'server-unavailable', retryable: true });
  });

  test('vLLM that takes one picture gets one, after a single complaint', async () => {
    const server = await serve(dialects.vllmOnePicture);
    const captioner = captionerOf(server);
    await captioner.open();
    const captions = await captioner.caption(groupOf('red', 'blue'), TWO, signal);
    expect(captions.map(({ text }) => text)).toEqual(['A plain red picture', 'A plain blue picture']);
    expect(server.seen.map(({ pictures }) => pictures.length)).toEqual([1, 1, 2, 1, 1, 1]);
  });

  test('LM Studio without schemas is asked in words', async () => {
    const server = await serve(dialects.lmStudioNoSchema);
    const captioner = captionerOf(server);
    await captioner.open();
    expect(await captioner.caption(groupOf('blue'), ONE, signal)).toMatchObject([{ text: 'A blue picture' }]);
    expect(server.seen.map(({ request }) => request.response_format?.type)).toEqual([
      'json_schema',
      undefined,
      undefined,
    ]);
  });

  test('a busy service is asked again when it says so', async () => {
    const server = await serve(dialects.hostedBusy(2));
    const captioner = captionerOf(server);
    await captioner.open();
    expect(await captioner.caption(groupOf('red'), ONE, signal)).toMatchObject([{ text: 'A red picture' }]);
    expect(server.seen).toHaveLength(4);
  });

  test('a model that only thinks', async () => {
    const server = await serve(() => says('', { reasoning_content: 'The picture might be red' }));
    await expect(captionerOf(server).open()).rejects.toMatchObject({ code: 'server-thinking' });
  });

  test('a connection that is refused, and one that is silent', async () => {
    const gone = await serve();
    await gone.close();
    servers.pop();
    const timings = { firstMs: 1, longestMs: 2, forMs: 10 };
    const refused = serverModel('x', { settings: { ...SETTINGS, baseUrl: gone.baseUrl }, timings }).captioner();
    captioners.push(refused);
    await expect(refused.open()).rejects.toMatchObject({
      code: 'server-unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const settings = { ...SETTINGS, baseUrl: `http://127.0.0.1:${port}/v1`, timeoutMs: 50 };
    const waiting = serverModel('x', { settings, timings }).captioner();
    captioners.push(waiting);
    await expect(waiting.open()).rejects.toMatchObject({ message: expect.stringContaining('no answer within 0.05 s') });
    silent.closeAllConnections();
    silent.close();
  });
});

test('a picture that the server refuses fails alone', async () => {
  const quirk: Quirk = ({ pictures, prompt }) =>
    pictures[0]?.colours[0] === 'blue' && !/half/.test(prompt)
      ? { status: 400, body: { error: { message: 'content filter' } } }
      : undefined;
  const captioner = captionerOf(await serve(quirk));
  await captioner.open();
  const captions = await captioner.caption(groupOf('red', 'blue', 'white'), ONE, signal);
  expect(captions.map(({ text, error }) => error?.code ?? text)).toEqual([
    'A red picture',
    'server-refused',
    'A white picture',
  ]);
});

test('an attempt after a kill asks for no answer twice; finished groups leave nothing behind', async () => {
  let down = false;
  const quirk: Quirk = ({ prompt }, count) => {
    down ||= count === 4;
    return down && !/half/.test(prompt) ? { status: 503, body: { error: 'gone' } } : undefined;
  };
  const group = { ...groupOf('red', 'blue', 'white'), index: 7 };
  const first = await serve(quirk);
  const model = (server: FakeChatServer) =>
    serverModel('eyes:3b', {
      settings: { ...SETTINGS, baseUrl: server.baseUrl },
      timings: { firstMs: 1, longestMs: 2, forMs: 10 },
    }).captioner();
  const dying = model(first);
  await dying.open();
  await expect(dying.caption(group, ONE, signal)).rejects.toMatchObject({ code: 'server-unavailable' });
  // As after kill -9: nothing was closed.
  const second = await serve();
  const next = captionerOf(second);
  await next.open();
  const captions = await next.caption(group, ONE, signal);
  expect(captions.map(({ text }) => text)).toEqual(['A red picture', 'A blue picture', 'A white picture']);
  expect(second.seen.map(({ pictures }) => pictures[0]?.colours[0])).toEqual(['yellow', 'white']);
  await next.close();
  expect(await readdir(join(home, 'answers'))).toEqual([]);
  await dying.close();
});

test('an address that a service may not use is not used', async () => {
  const server = await serve();
  const refusal = new Error('not allowed');
  const model = serverModel('x', {
    settings: { ...SETTINGS, baseUrl: server.baseUrl },
    checkUrl: () => Promise.reject(refusal),
  });
  const captioner = model.captioner();
  captioners.push(captioner);
  await expect(captioner.open()).rejects.toBe(refusal);
  expect(server.seen).toEqual([]);
});

test('the identity of a model covers what decides its captions, and not where it is', () => {
  const sha = (settings: Partial<ServerSettings>, name = 'a') =>
    serverModel(name, { settings: { ...SETTINGS, ...settings } }).model.sha256;
  const all = [
    sha({}),
    sha({}, 'b'),
    sha({ prompt: 'Say one word.' }),
    sha({ detail: 'detailed' }),
    sha({ pictureSize: 512 }),
    sha({ pictureQuality: 50 }),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(sha({ baseUrl: 'http://other:1/v1', apiKey: 'k', timeoutMs: 1, perMinute: 3, concurrency: 9 })).toBe(sha({}));
});

test('the rate is kept', async () => {
  const server = await serve();
  const captioner = captionerOf(server, { perMinute: 600 });
  const began = performance.now();
  await captioner.open();
  await captioner.caption(groupOf('red', 'blue'), ONE, signal);
  // Three requests: two pauses of 100 ms.
  expect(performance.now() - began).toBeGreaterThan(195);
});
