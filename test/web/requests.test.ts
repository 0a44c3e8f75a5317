import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../cli/support/program.ts';
import { benches } from '../cli/support/room.ts';
import { startServer, type TestServer } from './support/server.ts';

const bench = benches();

let server: TestServer;
beforeAll(async () => {
  const { folder, env, at } = await bench('requests');
  server = await startServer(['--data', at('data')], { cwd: folder, env });
});
afterAll(() => server.stop());

test('a folder that is not there is named as it was given', async () => {
  const { folder, env, at } = await bench('no-folder');
  for (const [place, what] of [
    [at('none'), 'there is no such folder'],
    [import.meta.filename, 'is not a folder'],
  ] as const) {
    const { code, stderr } = await run(['serve', '--folder', place], { cwd: folder, env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`--folder ${place}: ${what}`) });
  }
});

describe('requests', () => {
  const ask = (route: string, init: RequestInit = {}) => fetch(`${server.api}${route}`, init);
  const change = { 'x-secondglance': '1', 'content-type': 'application/json' };

  test.each([
    ['an unknown address', '/nothing', {}, 404, 'route-unknown'],
    ['an unknown method', '/videos', { method: 'PATCH', headers: change }, 405, 'method-not-allowed'],
    ['an unknown method without our header', '/videos', { method: 'PATCH' }, 405, 'method-not-allowed'],
    [
      'edits without a revision, even of no video',
      '/videos/v000000000000000000000000/edits',
      { method: 'PUT', headers: change, body: '{"cues":[]}' },
      428,
      'edits-unconditional',
    ],
    ['an ID that leads elsewhere', '/videos/..%2f..%2fetc%2fpasswd', {}, 400, 'request-invalid'],
    ['an ID that is none', '/videos/v1', {}, 400, 'request-invalid'],
    ['broken JSON', '/videos', { method: 'POST', headers: change, body: '{' }, 400, 'request-invalid'],
    ['a number', '/videos', { method: 'POST', headers: change, body: '1' }, 400, 'request-invalid'],
    [
      'text',
      '/videos',
      { method: 'POST', headers: { ...change, 'content-type': 'text/plain' }, body: '{}' },
      415,
      'media-type',
    ],
    [
      'too much',
      '/check',
      { method: 'POST', headers: change, body: ' '.repeat(17 * 2 ** 20) },
      413,
      'request-too-large',
    ],
    ['a bad query', '/videos?limit=1000', {}, 400, 'request-invalid'],
    ['a bad cursor', '/videos?cursor=abc', {}, 422, 'request-refused'],
    ['an address that is too long', `/folders?path=/${'x'.repeat(17_000)}`, {}, 400, 'request-invalid'],
    ['a query that is unknown', '/videos?x=1', {}, 400, 'request-invalid'],
    ['a bad escape', '/videos/%ff', {}, 400, 'request-invalid'],
    [
      'no header of ours',
      '/videos',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
      403,
      'cross-site',
    ],
    [
      'another origin',
      '/videos',
      { method: 'POST', headers: { ...change, origin: 'http://evil.example' }, body: '{}' },
      403,
      'cross-site',
    ],
    [
      'a null origin',
      '/videos',
      { method: 'POST', headers: { ...change, origin: 'null' }, body: '{}' },
      403,
      'cross-site',
    ],
    ['another site', '/videos', { headers: { 'sec-fetch-site': 'cross-site' } }, 403, 'cross-site'],
  ])('%s is a problem', async (_, route, init, status, code) => {
    const response = await ask(route, init as RequestInit);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ status, code, type: `urn:secondglance:error:${code}`, retryable: false });
    expect(response.status).toBe(status);
  });

  test('the page and the API have headers that keep scripts of others out', async () => {
    for (const address of [server.address, `${server.api}/videos`, `${server.api}/nothing`]) {
      const { headers } = await fetch(address);
      expect(headers.get('content-security-policy')).toMatch(
        /default-src 'self';style-src 'self';.*frame-ancestors 'none'/,
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    const { headers, status } = await ask('/videos/v0/media', { method: 'OPTIONS' });
    expect({ status, cors: headers.get('access-control-allow-origin') }).toEqual({ status: 405, cors: null });
  });
});
