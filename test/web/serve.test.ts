import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { benches, colourVideo } from '../cli/support/room.ts';
import { rawRequest } from './support/raw-request.ts';
import { readStream, startServer, type TestServer } from './support/server.ts';

const bench = benches(async (folder) => {
  await colourVideo(path.join(folder, 'film.mp4'), ['red', 'blue', 'green'], 2, [
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
  ]);
  await mkdir(path.join(folder, 'more'));
  await colourVideo(path.join(folder, 'more', '<b>two & three.mkv'), ['yellow'], 2);
});

let server: TestServer;
let films: string;
let data: string;
let outside: string;
beforeAll(async () => {
  const { folder, shared, bundle, env } = await bench('serve');
  films = shared;
  data = path.join(folder, 'data');
  outside = path.join(folder, 'secret.mp4');
  await writeFile(outside, 'not a film');
  await symlink(outside, path.join(films, 'link.mp4'));
  server = await startServer(['--model', bundle, '--folder', films, '--data', data], { cwd: folder, env });
});
afterAll(() => server.stop());

async function add(file: string) {
  const { videos } = await server.client('POST /videos', { body: { source: { path: path.join(films, file) } } });
  const [video] = videos;
  if (video === undefined) throw new Error('no video was added');
  return video;
}

describe('a video of a folder', () => {
  test('is captioned while its events arrive, and has captions, cues, pictures, media and tracks', async () => {
    const stream = await readStream(`${server.api}/events`);
    const { id } = await add('film.mp4');
    const done = await server.settled(id, 'done', 'failed');
    expect(done).toMatchObject({
      name: 'film.mp4',
      state: 'done',
      problems: [],
      edited: false,
      media: { duration: 6, width: 64, height: 48, codec: 'h264', type: 'video/mp4' },
      model: { name: 'tiny' },
    });
    const { captions } = await server.client('GET /videos/{id}/captions', { params: { id } });
    expect(captions.map(({ text }) => text)).toContain('A bright blue picture');
    expect(captions).toHaveLength(done.progress.keyframes);
    const { cues, origin, complete } = await server.client('GET /videos/{id}/cues', { params: { id } });
    expect({ origin, complete, texts: cues.map(({ text }) => text) }).toEqual({
      origin: 'model',
      complete: true,
      texts: ['A bright red picture', 'A bright blue picture', 'A bright green picture'],
    });
    await stream.next('video', ({ video }) => video.id === id && video.state === 'done');
    const told = stream.events.filter(({ name }) => name === 'caption' || name === 'cue');
    expect(told.filter(({ name }) => name === 'caption')).toHaveLength(captions.length);
    expect(told.flatMap((event) => (event.name === 'cue' ? [event.data.cue] : []))).toEqual(cues);
    stream.close();

    const track = await fetch(`${server.api}/videos/${id}/track.vtt`);
    expect(track.headers.get('content-type')).toBe('text/vtt; charset=utf-8');
    const written = await readFile(path.join(data, 'videos', id, `${id}.vtt`), 'utf8');
    expect(await track.text()).toBe(written);
    const picture = await fetch(`${server.api}/videos/${id}/pictures/0`);
    expect(picture.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await picture.arrayBuffer()).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    // A picture that was lost is decoded again.
    await rm(path.join(data, 'videos', id, 'pictures'), { recursive: true });
    expect((await fetch(`${server.api}/videos/${id}/pictures/1`)).status).toBe(200);
    expect((await fetch(`${server.api}/videos/${id}/pictures/99`)).status).toBe(404);
  });

  test('is played in ranges', async () => {
    const { id } = await add('film.mp4');
    const whole = await readFile(path.join(films, 'film.mp4'));
    const media = `${server.api}/videos/${id}/media`;
    const all = await fetch(media);
    expect(all.headers.get('content-type')).toBe('video/mp4');
    expect(all.headers.get('accept-ranges')).toBe('bytes');
    expect(Buffer.from(await all.arrayBuffer()).equals(whole)).toBe(true);
    const part = await fetch(media, { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${whole.length}`);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(10, 20));
    const beyond = await fetch(media, { headers: { range: `bytes=${whole.length}-` } });
    expect(beyond.status).toBe(416);

    const [tag, date] = ['etag', 'last-modified'].map((name) => all.headers.get(name) ?? '');
    for (const [condition, status] of [
      [{ 'if-match': '"another"' }, 412],
      [{ 'if-match': '"another"', range: 'bytes=0-1' }, 412],
      [{ 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 412],
      [{ 'if-match': `"another", ${tag}` }, 200],
      [{ 'if-match': '*' }, 200],
      [{ 'if-unmodified-since': date }, 200],
      [{ 'if-none-match': tag }, 304],
      [{ 'if-range': '"another"', range: 'bytes=0-1' }, 200],
    ] as [Record<string, string>, number][]) {
      // fetch would forbid caches to answer a request with a condition.
      const answer = await rawRequest(server.address, `/api/videos/${id}/media`, { headers: condition });
      expect({ condition, status: answer.status }).toEqual({ condition, status });
      if (status === 412) expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'precondition-failed' });
    }
  });

  test('is added once, is found by its name in pages, and is removed without the file', async () => {
    const first = await add('film.mp4');
    expect((await add('film.mp4')).id).toBe(first.id);
    const { videos } = await server.client('POST /videos', { body: { source: { path: films } } });
    // The link that leads out of the folder is left out.
    expect(videos.map(({ name }) => name).sort()).toEqual(['film.mp4', 'more/<b>two & three.mkv']);
    const other = videos.find(({ name }) => name !== 'film.mp4');
    if (other === undefined) throw new Error('the other film is missing');
    await server.settled(other.id, 'done');
    const page = await server.client('GET /videos', { query: { limit: 1 } });
    expect(page).toMatchObject({ total: 2, videos: [{ id: other.id }] });
    const rest = await server.client('GET /videos', { query: { limit: 1, cursor: page.next ?? '' } });
    expect(rest.videos.map(({ id }) => id)).toEqual([first.id]);
    expect(rest.next).toBeUndefined();
    const found = await server.client('GET /videos', { query: { search: 'TWO &' } });
    expect(found.videos.map(({ id }) => id)).toEqual([other.id]);
    expect((await server.client('GET /videos', { query: { search: '%' } })).total).toBe(0);

    await server.client('DELETE /videos/{id}', { params: { id: other.id } });
    await expect(server.client('GET /videos/{id}', { params: { id: other.id } })).rejects.toMatchObject({
      problem: { status: 404, code: 'video-unknown' },
    });
    expect((await readFile(path.join(films, 'more', '<b>two & three.mkv'))).length).toBeGreaterThan(0);
  });

  test('outside of the folders is refused, whatever its path looks like', async () => {
    for (const input of [
      outside,
      path.join(films, 'link.mp4'),
      `${films}/../serve/secret.mp4`,
      '/etc/passwd',
      '/proc/self/environ',
      `${films}/\0/etc/passwd`,
    ]) {
      const refused = server.client('POST /videos', { body: { source: { path: input } } });
      await expect(refused, input).rejects.toMatchObject({
        problem: {
          ...{ status: 403, code: 'path-not-allowed' },
          detail: expect.stringMatching(/is not in a folder that --folder allows$/),
        },
      });
    }
    const away = server.client('POST /videos', { body: { source: { path: path.join(films, 'no.mp4') } } });
    await expect(away).rejects.toMatchObject({ problem: { status: 404, code: 'missing-file' } });
    const url = server.client('POST /videos', { body: { source: { url: 'http://127.0.0.1:9/film.mp4' } } });
    await expect(url).rejects.toMatchObject({ problem: { status: 403, code: 'url-not-allowed' } });
    const model = { source: { path: films }, options: { model: 'exec:/bin/sh' } };
    await expect(server.client('POST /videos', { body: model })).rejects.toMatchObject({
      problem: { status: 422, code: 'request-refused', errors: [{ pointer: '/body/options/model' }] },
    });
    await expect(server.client('GET /folders', { query: { path: '/etc' } })).rejects.toMatchObject({
      problem: { code: 'path-not-allowed' },
    });
    const { entries } = await server.client('GET /folders', { query: { path: films } });
    expect(entries.map(({ name, kind }) => `${kind} ${name}`)).toEqual(['folder more', 'video film.mp4']);
  });
});

describe('conditions of requests (RFC 9110)', () => {
  const ask = (route: string, headers: Record<string, string>, method = 'GET', body?: string) =>
    rawRequest(server.address, `/api${route}`, {
      method,
      headers: { 'x-secondglance': '1', ...headers },
      ...(body === undefined ? {} : { body }),
    });

  test('what is read has an entity tag: 304 where the client has it, 412 where it wants another', async () => {
    const { id } = await add('film.mp4');
    await server.settled(id, 'done');
    for (const part of ['', '/cues', '/captions', '/track', '/track?format=srt', '/track?format=json', '/track.vtt']) {
      const route = `/videos/${id}${part}`;
      const tag = String((await ask(route, {})).headers.etag);
      for (const method of ['GET', 'HEAD']) {
        for (const [headers, status] of [
          [{ 'if-none-match': tag }, 304],
          [{ 'if-none-match': `"another", W/${tag.replace(/^W\//, '')}` }, 304],
          [{ 'if-none-match': '*' }, 304],
          [{ 'if-none-match': '"another"' }, 200],
          [{ 'if-match': tag }, 200],
          [{ 'if-match': '*' }, 200],
          [{ 'if-match': '"another"' }, 412],
          // If-Match comes first (13.2.2).
          [{ 'if-match': '"another"', 'if-none-match': tag }, 412],
        ] as [Record<string, string>, number][]) {
          const answer = await ask(route, headers, method);
          expect({ method, route, headers, status: answer.status }).toEqual({ method, route, headers, status });
          if (status === 304) expect(answer.headers.etag).toBe(tag);
          if (status === 304 || method === 'HEAD') expect(answer.body).toHaveLength(0);
          if (status === 412 && method === 'GET')
            expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'precondition-failed' });
        }
      }
    }
    const absent = await ask('/videos/v000000000000000000000000', { 'if-match': '"another"' });
    expect(absent.status).toBe(404);
  });

  test('what is changed is changed only where they hold', async () => {
    const { id } = await add('film.mp4');
    await server.settled(id, 'done');
    const json = { 'content-type': 'application/json' };
    const tag = (await ask(`/videos/${id}`, {})).headers.etag ?? '';
    const cues = (await ask(`/videos/${id}/cues`, {})).headers.etag ?? '';
    for (const [method, part, headers, status] of [
      ['POST', '/pause', { 'if-match': '"another"' }, 412],
      ['POST', '/pause', { 'if-match': tag }, 409],
      ['POST', '/steps', { ...json, 'if-match': '*' }, 412],
      ['POST', '/renders', { ...json, 'if-none-match': tag }, 412],
      ['PUT', '/edits', { ...json, 'if-match': '*', 'if-none-match': cues }, 412],
      ['DELETE', '/edits', { 'if-match': '"another"' }, 412],
      ['DELETE', '', { 'if-match': '"another"' }, 412],
      ['DELETE', '', { 'if-none-match': '*' }, 412],
    ] as [string, string, Record<string, string>, number][]) {
      const body = part === '/renders' ? '{"kind":"mux"}' : part === '/edits' ? '{"cues":[]}' : '{}';
      const answer = await ask(`/videos/${id}${part}`, headers, method, 'content-type' in headers ? body : undefined);
      expect({ method, part, headers, status: answer.status }).toEqual({ method, part, headers, status });
    }
    expect(await server.client('GET /jobs')).toEqual({ jobs: [] });
    const nowhere = await ask('/videos/v000000000000000000000000/pause', { 'if-match': '"another"' }, 'POST');
    expect(nowhere.status).toBe(404);
  });
});

describe('edits', () => {
  test('a list of cues can be checked and saved as it was read', async () => {
    const { id } = await add('film.mp4');
    await server.settled(id, 'done');
    const loaded = await server.client('GET /videos/{id}/cues', { params: { id } });
    expect(await server.client('POST /check', { body: loaded })).toHaveProperty('findings');
    const call = { params: { id }, body: loaded, ifMatch: loaded.revision };
    const saved = await server.client('PUT /videos/{id}/edits', call);
    expect(saved).toEqual({ ...loaded, origin: 'edits', revision: saved.revision });
    const again = await server.client('PUT /videos/{id}/edits', { ...call, body: saved, ifMatch: saved.revision });
    expect(again.cues).toEqual(loaded.cues);
    await server.client('DELETE /videos/{id}/edits', { params: { id }, ifMatch: again.revision });
  });

  test('stand beside the track, and of two tabs only the first saves', async () => {
    const { id } = await add('film.mp4');
    await server.settled(id, 'done');
    const loaded = await fetch(`${server.api}/videos/${id}/cues`);
    const tag = loaded.headers.get('etag') ?? '';
    const mine = [{ start: 0.5, end: 2.0004, text: 'A wall <b>& a "door"\nin red' }];
    const saved = await server.client('PUT /videos/{id}/edits', { params: { id }, body: { cues: mine }, ifMatch: tag });
    expect(saved).toMatchObject({ origin: 'edits', cues: [{ start: 0.5, end: 2, text: mine[0]?.text }] });
    const late = server.client('PUT /videos/{id}/edits', { params: { id }, body: { cues: [] }, ifMatch: tag });
    await expect(late).rejects.toMatchObject({ problem: { status: 412, code: 'edits-conflict' } });
    const blind = server.client('PUT /videos/{id}/edits', { params: { id }, body: { cues: [] } });
    await expect(blind).rejects.toMatchObject({ problem: { status: 428 } });
    const turned = [{ start: 2, end: 1, text: 'x' }];
    await expect(
      server.client('PUT /videos/{id}/edits', { params: { id }, body: { cues: turned }, ifMatch: saved.revision }),
    ).rejects.toMatchObject({ problem: { status: 422, errors: [{ pointer: '/body/cues/0/end' }] } });

    const srt = await fetch(`${server.api}/videos/${id}/track?format=srt`);
    expect(srt.headers.get('content-disposition')).toBe('attachment; filename=film.srt');
    expect(await srt.text()).toContain('00:00:00,500 --> 00:00:02,000\nA wall');
    const vtt = await (await fetch(`${server.api}/videos/${id}/track.vtt`)).text();
    expect(vtt).toContain('A wall &lt;b&gt;&amp; a "door"');
    for (const format of ['ttml', 'ass', 'txt', 'json']) {
      expect(await (await fetch(`${server.api}/videos/${id}/track?format=${format}`)).text()).toContain('A wall');
    }
    expect(await (await fetch(`${server.api}/videos/${id}/track?origin=model`)).text()).toContain('bright red');
    expect(await readFile(path.join(data, 'videos', id, `${id}.vtt`), 'utf8')).toContain('bright red');

    const several = `"another", W/"${saved.revision}"`;
    const { revision } = await server.client('PUT /videos/{id}/edits', {
      params: { id },
      body: { cues: mine },
      ifMatch: several,
    });
    const back = await server.client('DELETE /videos/{id}/edits', { params: { id }, ifMatch: revision });
    expect(back).toMatchObject({ origin: 'model', revision: expect.stringMatching(/^none\./) });
  });

  test('are checked against a profile', async () => {
    const cues = [{ start: 0, end: 0.4, text: 'x'.repeat(60) }];
    const { findings } = await server.client('POST /check', { body: { cues } });
    expect(findings.map(({ cue, rule }) => `${cue} ${rule}`)).toEqual([
      '0 too-short',
      '0 line-length',
      '0 reading-speed',
    ]);
    // One without a duration has no reading speed.
    const checked = server.client('POST /check', { body: { cues: [{ start: 1, end: 1.0004, text: 'x' }] } });
    await expect(checked).rejects.toMatchObject({
      problem: { status: 422, code: 'request-refused', errors: [{ pointer: '/body/cues/0/end' }] },
    });
  });
});

describe('jobs', () => {
  test('copy a video with its edits, for browsers too, and caption one moment again', async () => {
    const { id } = await add('film.mp4');
    await server.settled(id, 'done');
    const { revision } = await server.client('GET /videos/{id}/cues', { params: { id } });
    const cues = [{ start: 1, end: 3, text: 'An edited cue' }];
    const saved = await server.client('PUT /videos/{id}/edits', { params: { id }, body: { cues }, ifMatch: revision });
    const stream = await readStream(`${server.api}/videos/${id}/events`);
    const render = (body: { kind: 'mux' | 'burn' | 'proxy'; container?: 'mkv' }) =>
      server.client('POST /videos/{id}/renders', { params: { id }, body });
    const [mux, proxy, again] = [
      await render({ kind: 'mux', container: 'mkv' }),
      await render({ kind: 'proxy' }),
      await render({ kind: 'burn' }),
    ];
    const done = await stream.next(
      'job',
      ({ job }) => job.id === mux.id && job.state !== 'queued' && job.state !== 'running',
    );
    expect(done.job).toMatchObject({ state: 'done', file: 'film.captions.mkv', video: id });
    const file = await fetch(`${server.api}/jobs/${mux.id}/file`);
    expect(file.headers.get('content-disposition')).toBe('attachment; filename=film.captions.mkv');
    expect(Buffer.from(await file.arrayBuffer()).includes('An edited cue')).toBe(true);
    const made = await stream.next(
      'job',
      ({ job }) => job.id === proxy.id && job.state !== 'queued' && job.state !== 'running',
    );
    expect(made.job).toMatchObject({ state: 'done' });
    expect((await server.client('GET /videos/{id}', { params: { id } })).proxy).toBe(true);
    const small = await fetch(`${server.api}/videos/${id}/proxy`, { headers: { range: 'bytes=4-7' } });
    expect({ status: small.status, text: await small.text() }).toEqual({ status: 206, text: 'ftyp' });
    await server.client('DELETE /jobs/{id}', { params: { id: again.id } });
    stream.close();
    const { jobs } = await server.client('GET /jobs');
    expect(jobs.map((job) => job.kind)).toContain('proxy');
    await server.client('DELETE /videos/{id}/edits', { params: { id }, ifMatch: saved.revision });

    const said = await server.client('POST /videos/{id}/recaption', { params: { id }, body: { at: 3, passes: 1 } });
    expect(said).toMatchObject({ text: 'A blue picture', passes: 1, model: { name: 'tiny' } });
    const drawing = await fetch(`${server.api}/videos/${id}/explanation?at=3`);
    expect(drawing.headers.get('content-type')).toBe('image/png');
    expect((await fetch(`${server.api}/videos/${id}/explanation?at=100`)).status).toBe(404);
    await expect(
      server.client('POST /models/{name}/pull', { params: { name: 'no-such-model' }, body: {} }),
    ).resolves.toMatchObject({
      kind: 'pull',
    });
  });
});
