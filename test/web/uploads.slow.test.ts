import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { benches, colourVideo } from '../cli/support/room.ts';
import { readStream, startServer } from './support/server.ts';
import { begin, encoded, send, TUS } from './support/tus.ts';

const bench = benches(async (folder) => {
  await colourVideo(path.join(folder, 'film.mp4'), ['red', 'blue'], 2);
  await colourVideo(path.join(folder, 'long.mp4'), ['red', 'green', 'blue', 'yellow'], 10);
});

async function offsetOf(address: string): Promise<number> {
  return Number((await fetch(address, { method: 'HEAD', headers: TUS })).headers.get('upload-offset'));
}

test('an upload survives a cut and a kill -9 of the server, and a video that was being captioned goes on', async () => {
  const { folder, shared, bundle, env, at } = await bench('uploads');
  const args = ['--model', bundle, '--folder', shared, '--data', at('data')];
  const how = { cwd: folder, env };
  const film = await readFile(path.join(shared, 'film.mp4'));
  let server = await startServer(args, how);

  const created = await begin(server, film.length, {
    filename: 'C:\\clips\\<i>my\u0007 film.mp4',
    options: '{"frames":"every:1s"}',
  });
  expect(created.status).toBe(201);
  const location = created.headers.get('location') ?? '';
  expect(location).toMatch(/^\/api\/uploads\/[0-9a-f]{24}$/);
  const upload = (): string => new URL(location, server.address).href;
  // The connection breaks in the middle of the bytes.
  const controller = new AbortController();
  const slow = new ReadableStream<Uint8Array>({
    start(stream) {
      stream.enqueue(film.subarray(0, 1000));
    },
  });
  const cut = fetch(upload(), {
    method: 'PATCH',
    headers: { ...TUS, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: slow,
    duplex: 'half',
    signal: controller.signal,
  } as RequestInit).catch(() => undefined);
  await expect.poll(() => offsetOf(upload())).toBe(1000);
  controller.abort();
  await cut;
  expect((await send(upload(), 1000, film.subarray(1000, 1500))).status).toBe(204);
  // Wrong offsets change nothing.
  expect((await send(upload(), 7, film.subarray(7, 20))).status).toBe(409);

  const { videos } = await server.client('POST /videos', {
    body: { source: { path: path.join(shared, 'long.mp4') }, options: { frames: 'every:500ms' } },
  });
  const long = videos[0]?.id ?? '';
  const stream = await readStream(`${server.api}/videos/${long}/events`);
  await stream.next('caption', ({ caption }) => caption.index >= 8);
  const lastId = stream.events.at(-1)?.id;
  await server.stop('SIGKILL');

  server = await startServer(args, how);
  expect(await offsetOf(upload())).toBe(1500);
  const last = await send(upload(), 1500, film.subarray(1500));
  expect(last.status).toBe(204);
  const id = last.headers.get('secondglance-video') ?? '';
  const done = await server.settled(id, 'done', 'failed');
  expect(done).toMatchObject({ state: 'done', name: '<i>my\\x07 film.mp4', source: { kind: 'upload' }, problems: [] });
  expect(done.progress.keyframes).toBe(4);
  const media = await fetch(`${server.api}/videos/${id}/media`);
  expect(Buffer.from(await media.arrayBuffer()).equals(film)).toBe(true);
  // A client that missed the answer finds its upload complete.
  expect(await offsetOf(upload())).toBe(film.length);

  // The stream of the killed server cannot be resumed, and says so.
  const resumed = await readStream(`${server.api}/videos/${long}/events`, lastId);
  await resumed.next('reset');
  resumed.close();
  expect(await server.settled(long, 'done', 'failed')).toMatchObject({ state: 'done', problems: [] });
  const whole = await server.client('POST /videos', {
    body: { source: { path: path.join(shared, 'long.mp4') }, options: { frames: 'every:500ms', language: 'en' } },
  });
  const other = whole.videos[0]?.id ?? '';
  expect(other).not.toBe(long);
  await server.settled(other, 'done');
  const tracks = await Promise.all(
    [long, other].map((each) => readFile(at('data', 'videos', each, `${each}.vtt`), 'utf8')),
  );
  expect(tracks[0]).toBe(tracks[1]);
  expect(tracks[0]).toContain('A bright yellow picture');

  await server.client('DELETE /videos/{id}', { params: { id } });
  expect((await fetch(upload(), { method: 'HEAD', headers: TUS })).status).toBe(404);
  await server.stop();
});

test('uploads that cannot become a video are refused before their first byte', async () => {
  const { folder, bundle, env, at } = await bench('refusals');
  const server = await startServer(['--model', bundle, '--data', at('data'), '--upload-limit', '100000'], {
    cwd: folder,
    env,
  });
  const problemOf = async (response: Response) => {
    const { code, status } = (await response.json()) as { code: string; status: number };
    return { code, status };
  };
  const name = { filename: 'a.mp4' };
  expect(await problemOf(await begin(server, 2e14, name))).toEqual({ code: 'upload-too-large', status: 413 });
  expect(await problemOf(await begin(server, 9e13, name))).toEqual({ code: 'upload-no-space', status: 507 });
  expect(await problemOf(await begin(server, 0, name))).toEqual({ code: 'upload-refused', status: 400 });
  expect(await problemOf(await begin(server, -1, name))).toEqual({ code: 'upload-refused', status: 400 });
  expect(await problemOf(await begin(server, 10, {}))).toEqual({ code: 'upload-refused', status: 400 });
  expect(await problemOf(await begin(server, 10, { ...name, options: '{"frames":"none"}' }))).toMatchObject({
    status: 422,
  });
  expect(await problemOf(await begin(server, 10, { ...name, options: '{"x":1}' }))).toEqual({
    code: 'request-invalid',
    status: 400,
  });
  expect(await problemOf(await begin(server, 10, { ...name, options: '{"model":"exec:/bin/sh"}' }))).toEqual({
    code: 'request-refused',
    status: 422,
  });
  const bare = { 'tus-resumable': '1.0.0', 'upload-length': '10', 'upload-metadata': encoded(name) };
  const foreign = await fetch(`${server.api}/uploads`, { method: 'POST', headers: bare });
  expect(await problemOf(foreign)).toEqual({ code: 'cross-site', status: 403 });
  const tagged = await fetch(`${server.api}/uploads`, {
    method: 'POST',
    headers: { ...bare, 'if-match': '"a"', 'x-secondglance': '1' },
  });
  expect(await problemOf(tagged)).toEqual({ code: 'precondition-failed', status: 412 });
  expect((await fetch(`${server.api}/uploads/..%2f..%2fvideos.sqlite`, { method: 'HEAD', headers: TUS })).status).toBe(
    404,
  );

  // A playlist that names files of the server, and something that is no video, fail without reading more than themselves.
  for (const text of ['#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n', '<script>alert(1)</script>']) {
    const bytes = Buffer.from(text);
    const created = await begin(server, bytes.length, { filename: 'a.m3u8' });
    const sent = await send(new URL(created.headers.get('location') ?? '', server.address).href, 0, bytes);
    const id = sent.headers.get('secondglance-video') ?? '';
    const { state, problems } = await server.settled(id, 'failed', 'done', 'partial');
    expect({ state, text: JSON.stringify(problems) }).toMatchObject({
      state: 'failed',
      text: expect.not.stringContaining('root:'),
    });
    const media = await fetch(`${server.api}/videos/${id}/media`);
    if (media.status === 200) {
      expect(media.headers.get('content-type')).toBe('application/octet-stream');
      expect(media.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    }
  }
  await server.stop();
});
