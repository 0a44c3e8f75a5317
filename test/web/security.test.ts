import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, crc32, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trackFormat } from '../../src/pipeline/formats/formats.ts';
import type { TrackFormat } from '../../src/pipeline/formats/track-format.ts';
import { routeAddress } from '../../src/web/api/client.ts';
import { ROUTES, type Route, type RouteName } from '../../src/web/api/routes.ts';
import { EXPORT_FORMATS } from '../../src/web/api/schemas/cues.ts';
import { benches, colourVideo } from '../cli/support/room.ts';
import { rawRequest } from './support/raw-request.ts';
import { startServer, type TestServer } from './support/server.ts';
import { begin, encoded, send, TUS, upload } from './support/tus.ts';

const bench = benches(async (folder) => {
  await colourVideo(path.join(folder, 'film.mp4'), ['red', 'blue'], 1);
});
const routes = Object.entries(ROUTES) as [RouteName, Route][];
const CHANGE = { 'x-secondglance': '1', 'content-type': 'application/json' };
const NONE = 'v000000000000000000000000';

let server: TestServer;
let film: Buffer;
let films: string;
beforeAll(async () => {
  const { folder, shared, bundle, env, at } = await bench('security');
  films = shared;
  film = await readFile(path.join(shared, 'film.mp4'));
  const args = ['--model', bundle, '--folder', shared, '--data', at('data'), '--upload-limit', '1'];
  server = await startServer(args, { cwd: folder, env });
});
afterAll(() => server.stop());

/** The code of a problem. */
function codeOf(body: Buffer): string {
  return (JSON.parse(body.toString()) as { code: string }).code;
}

describe('names that lead elsewhere', () => {
  const HOSTILE = [
    '..',
    '%2e%2e',
    '..%2f..%2f..%2f..%2fetc%2fpasswd',
    '%2fetc%2fpasswd',
    '..%5c..%5cetc%5cpasswd',
    '%252e%252e%252fetc%252fpasswd',
    '%c0%ae%c0%ae%c0%af',
    '%00',
    `${NONE}%00`,
    `${NONE}%2f..`,
    `${NONE}%0a`,
    '.',
    '__proto__',
    'constructor',
  ];

  test('are refused by every route that takes a name', async () => {
    const found: string[] = [];
    let tried = 0;
    for (const [name, { params }] of routes) {
      const [method = '', shown = ''] = name.split(' ');
      for (const part of Object.keys(params?.shape ?? {})) {
        for (const hostile of HOSTILE) {
          // A model of that name would not be found; the name itself is one.
          if (part === 'name' && /^[a-z_]+$/.test(hostile)) continue;
          const valid = { id: shown.startsWith('/jobs') ? NONE.replace('v', 'j') : NONE, index: '0', name: 'x' };
          const names: Readonly<Record<string, string>> = { ...valid, [part]: hostile };
          const route = shown.replace(/\{(\w+)\}/g, (_, each: string) => names[each] ?? '');
          const answer = await rawRequest(server.address, `/api${route}`, { method, headers: CHANGE, body: '{}' });
          tried += 1;
          const isProblem = answer.headers['content-type'] === 'application/problem+json; charset=utf-8';
          if (![400, 404, 405].includes(answer.status) || !isProblem)
            found.push(`${method} ${route}: ${answer.status}`);
        }
      }
    }
    expect(tried).toBeGreaterThan(200);
    expect(found).toEqual([]);
  });

  test('give no file of the server, of the page or of the uploads', async () => {
    const outside = ['/etc/passwd', '../../package.json', '../cli/main.js', '../../data/videos.sqlite'];
    for (const target of outside) {
      for (const slash of ['/', '%2f', '%5c', '\\']) {
        for (const dot of ['.', '%2e']) {
          const name = target.replaceAll('.', dot).replaceAll('/', slash);
          for (const place of ['/', '/assets/', '/api/uploads/', '/api/']) {
            const { status, body, headers } = await rawRequest(server.address, place + name, { headers: TUS });
            const isPage = status === 200 && /^text\/html/.test(String(headers['content-type']));
            expect(isPage || status >= 400, `${place}${name}: ${status}`).toBe(true);
            expect(body.toString(), place + name).not.toMatch(/root:|"version"|^SQLite|#!\/usr/);
          }
        }
      }
    }
  });

  test('in a path of the server stay within the allowed folders', async () => {
    for (const input of [
      `${films}/..`,
      `${films}/../..`,
      `${films}/%2e%2e`,
      `${films}\\..\\..`,
      `${films}/./../serve`,
    ]) {
      const listed = await rawRequest(server.address, `/api/folders?path=${encodeURIComponent(input)}`);
      expect([403, 404], input).toContain(listed.status);
    }
  });
});

describe('names and texts that are markup', () => {
  test('neither leave their place in headers and tracks, nor become a path', async () => {
    const id = await upload(server, '..\\..\\\u202e"; filename=x.html\r\nSet-Cookie: a=b --> \u0000<script>.mp4', film);
    const { name, state } = await server.settled(id, 'done', 'failed');
    expect({ state, safe: !/[\p{Cc}\u202e]/u.test(name) }).toEqual({ state: 'done', safe: true });
    const { revision } = await server.client('GET /videos/{id}/cues', { params: { id } });
    const text = [
      '<script>alert(1)</script> {\\p1}m 0 0{\\p0}',
      '',
      '2',
      '00:00:05.000 --> 00:00:09.000',
      'injected ]]> &amp; </p>',
      '',
      'NOTE --> \u0000\u202e',
    ].join('\n');
    const cues = [{ start: 0, end: 1, text }];
    await server.client('PUT /videos/{id}/edits', { params: { id }, body: { cues }, ifMatch: revision });
    for (const format of EXPORT_FORMATS) {
      const track = await fetch(`${server.api}/videos/${id}/track?format=${format}`);
      expect(track.headers.get('set-cookie')).toBeNull();
      const disposition = track.headers.get('content-disposition') ?? '';
      expect(disposition, format).toMatch(/^attachment; filename="(?:[^"\\\r\n]|\\.)*"(?:; filename\*=UTF-8''[^;]+)?$/);
      expect(track.headers.get('x-content-type-options')).toBe('nosniff');
      const written = await track.text();
      const { reader }: TrackFormat = trackFormat(format);
      const parsed = reader?.parse(written);
      if (parsed !== undefined) {
        expect({ format, cues: parsed.cues.length, invalid: parsed.invalid }).toEqual({ format, cues: 1, invalid: [] });
      }
      if (format === 'ttml' || format === 'vtt') expect(written).not.toContain('<script>');
    }
    const job = await server.client('POST /videos/{id}/renders', { params: { id }, body: { kind: 'mux' } });
    await expect
      .poll(async () => (await server.client('GET /jobs/{id}', { params: { id: job.id } })).state)
      .toBe('done');
    const copy = await fetch(`${server.api}/jobs/${job.id}/file`);
    expect(copy.headers.get('content-type')).toBe('application/octet-stream');
    expect(copy.headers.get('content-disposition')).toMatch(
      /^attachment; filename="?[^"/\\;<>]+"?(?:; filename\*=[^;]+)?$/,
    );
    expect(copy.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    await copy.body?.cancel();
  });

  test('are not run where a browser opens them: an upload that is a web page', async () => {
    for (const filename of ['page.html', 'drawing.svg']) {
      const bytes = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
      const created = await begin(server, bytes.length, { filename, filetype: 'text/html' });
      const location = new URL(created.headers.get('location') ?? '', server.address).href;
      const id = (await send(location, 0, bytes)).headers.get('secondglance-video') ?? '';
      await server.settled(id, 'failed', 'done', 'partial');
      const media = await fetch(`${server.api}/videos/${id}/media`);
      if (media.status === 200) {
        expect(media.headers.get('content-type')).toBe('application/octet-stream');
        expect(media.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
      }
      // The protocol's server would hand out what was uploaded, with the type that the client gave.
      const raw = await fetch(location, { headers: TUS });
      expect({ status: raw.status, allow: raw.headers.get('allow') }).toMatchObject({ status: 405, allow: /PATCH/ });
    }
  });
});

describe('requests of other sites', () => {
  test('change nothing, whatever the route', async () => {
    const foreign: Readonly<Record<string, string>>[] = [
      {},
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'text/plain' },
      { ...CHANGE, origin: 'http://evil.example' },
      { ...CHANGE, origin: 'null' },
      { ...CHANGE, 'sec-fetch-site': 'cross-site' },
      { ...CHANGE, 'sec-fetch-site': 'same-site' },
    ];
    const changing = routes.map(([name]) => name).filter((name) => !name.startsWith('GET '));
    const requests = changing.map(
      (name) =>
        [name.split(' ')[0] ?? '', routeAddress('/api', name, { params: { id: NONE, index: 0, name: 'x' } })] as const,
    );
    const all = [
      ...requests,
      ['POST', '/api/uploads'],
      ['PATCH', '/api/uploads/x'],
      ['DELETE', '/api/uploads/x'],
    ] as const;
    for (const [method, route] of all) {
      for (const headers of foreign) {
        const answer = await rawRequest(server.address, route, { method, headers, body: '{}' });
        expect({ route, headers, status: answer.status }).toEqual({ route, headers, status: 403 });
        expect(codeOf(answer.body)).toBe('cross-site');
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
      // Nor does the server agree when a browser asks before.
      const asked = await rawRequest(server.address, route, {
        method: 'OPTIONS',
        headers: { origin: 'http://evil.example', 'access-control-request-headers': 'x-secondglance' },
      });
      expect(asked.headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});

describe('ranges', () => {
  test('give bytes of the file, all of it, or a problem', async () => {
    const { videos } = await server.client('POST /videos', {
      body: { source: { path: path.join(films, 'film.mp4') } },
    });
    const id = videos[0]?.id ?? '';
    await server.settled(id, 'done');
    const get = (range: string) => rawRequest(server.address, `/api/videos/${id}/media`, { headers: { range } });
    const size = film.length;
    for (const [range, status, expected] of [
      ['bytes=0-0', 206, film.subarray(0, 1)],
      ['bytes=-5', 206, film.subarray(-5)],
      [`bytes=${size - 1}-99999999999`, 206, film.subarray(-1)],
      ['bytes=-99999999999999999999', 200, film],
      ['bytes=5-2', 416, undefined],
      [`bytes=${size}-`, 416, undefined],
      ['bytes=99999999999999999999-', 416, undefined],
      ['bytes=-1-5', 200, film],
      ['bytes=x-y', 200, film],
      ['lines=0-1', 200, film],
      // Several are answered with the whole file, so that a thousand of them cost no more than that.
      [`bytes=${Array.from({ length: 1000 }, (_, at) => `${at * 2}-${at * 2}`).join(',')}`, 200, film],
    ] as const) {
      const answer = await get(range);
      const shown = range.slice(0, 40);
      if (status === 416) {
        expect({ shown, status: answer.status, code: codeOf(answer.body) }).toEqual({
          shown,
          status,
          code: 'range-refused',
        });
        expect(answer.headers['content-range']).toBe(`bytes */${size}`);
      } else {
        expect({ shown, status: answer.status, same: answer.body.equals(expected) }).toEqual({
          shown,
          status,
          same: true,
        });
      }
    }
  });
});

/** A PNG of one colour: a few kilobytes, whatever its size. */
function hugePicture(size: number): Buffer {
  const chunk = (name: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc((Math.ceil(size / 8) + 1) * size));
  const parts = [chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
}

describe('what grows', () => {
  test.each([
    ['gzip', gzipSync(Buffer.alloc(64 * 2 ** 20, ' '))],
    ['br', brotliCompressSync(Buffer.alloc(64 * 2 ** 20, ' '), { params: { 1: 1 } })],
    ['deflate', deflateSync(Buffer.alloc(64 * 2 ** 20, ' '))],
  ])('a body of 64 MB behind %s is too large', async (encoding, body) => {
    expect(body.length).toBeLessThan(100_000);
    const headers = { ...CHANGE, 'content-encoding': encoding };
    const answer = await rawRequest(server.address, '/api/check', { method: 'POST', headers, body });
    expect({ status: answer.status, code: codeOf(answer.body) }).toEqual({ status: 413, code: 'request-too-large' });
  });

  test('JSON that is nested a million times is no request', async () => {
    const body = '['.repeat(2 ** 20) + ']'.repeat(2 ** 20);
    const answer = await rawRequest(server.address, '/api/check', { method: 'POST', headers: CHANGE, body });
    expect({ status: answer.status, code: codeOf(answer.body) }).toEqual({ status: 400, code: 'request-invalid' });
  });

  test('pictures of 900 million pixels and archives fail without being unpacked', async () => {
    const bomb = hugePicture(30_000);
    expect(bomb.length).toBeLessThan(200_000);
    for (const [filename, bytes, code] of [
      ['bomb.png', bomb, 'too-large'],
      ['bomb.mp4', bomb, 'too-large'],
      ['films.zip', Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(2000)]), 'not-media'],
      ['film.mp4.gz', gzipSync(film), 'blocked-format'],
    ] as const) {
      const { state, problems } = await server.settled(
        await upload(server, filename, bytes),
        'failed',
        'done',
        'partial',
      );
      expect({ filename, state, codes: problems.map((problem) => problem.code) }).toEqual({
        filename,
        state: 'failed',
        codes: [code],
      });
    }
  });

  test('an upload takes no more bytes than it said, and says how many it has', async () => {
    const facts = { filename: 'a.mp4' };
    const create = (headers: Readonly<Record<string, string>>, body?: Uint8Array) =>
      rawRequest(server.address, '/api/uploads', {
        method: 'POST',
        headers: { ...TUS, 'upload-metadata': encoded(facts), ...headers },
        ...(body === undefined ? {} : { body }),
      });
    expect((await create({ 'upload-length': '2000000000' })).status).toBe(413);
    expect((await create({ 'upload-defer-length': '1' })).status).toBe(400);
    expect((await create({ 'upload-length': '5', 'upload-concat': 'partial' })).status).toBe(501);
    const bytes = { 'content-type': 'application/offset+octet-stream' };
    const more = Buffer.alloc(2_000_000);
    expect((await create({ 'upload-length': '5', ...bytes }, more)).status).toBe(413);
    const created = await begin(server, 5, facts);
    const location = new URL(created.headers.get('location') ?? '', server.address).href;
    const patch = { ...TUS, ...bytes, 'upload-offset': '0' };
    const sent = await rawRequest(server.address, new URL(location).pathname, {
      method: 'PATCH',
      headers: patch,
      body: more,
    });
    expect(sent.status).toBe(413);
    const { headers } = await fetch(location, { method: 'HEAD', headers: TUS });
    expect(Number(headers.get('upload-offset'))).toBeLessThanOrEqual(5);
  });

  test('a method hidden in a header is not believed', async () => {
    const headers = { ...TUS, 'x-http-method-override': 'DELETE', 'x-http-method': 'DELETE', 'upload-length': '5' };
    const created = await begin(server, 5, { filename: 'a.mp4' });
    const route = new URL(created.headers.get('location') ?? '', server.address).pathname;
    await rawRequest(server.address, route, { method: 'HEAD', headers });
    expect((await rawRequest(server.address, route, { method: 'HEAD', headers: TUS })).status).toBe(200);
  });
});
