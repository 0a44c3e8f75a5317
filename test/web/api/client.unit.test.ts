import { expect, expectTypeOf, test } from 'vitest';
import { TEXT_FORMAT_NAMES } from '../../../src/pipeline/formats/formats.ts';
import { ApiError, apiClient, routeAddress } from '../../../src/web/api/client.ts';
import { EXPORT_FORMATS } from '../../../src/web/api/schemas/cues.ts';
import type { Video } from '../../../src/web/api/schemas/videos.ts';

const ID = 'v0123456789abcdef01234567';

function answering(status: number, body: unknown, type = 'application/json') {
  const asked: { url: string; init: RequestInit }[] = [];
  const send = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    asked.push({ url: String(url), init });
    return new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: { 'content-type': type },
    });
  };
  return { asked, client: apiClient({ base: '/captions/api', fetch: send }) };
}

test('a request has the method, the path and the query of its route', async () => {
  const { asked, client } = answering(200, { videos: [], total: 0 });
  await client('GET /videos', { query: { search: 'a b&c', limit: 10 } });
  expect(asked[0]?.url).toBe('/captions/api/videos?search=a+b%26c&limit=10');
  expect(asked[0]?.init.headers).toEqual({});
  const { total } = await client('GET /videos');
  expect(total).toBe(0);
});

test('what changes something carries the header that other sites cannot set', async () => {
  const { asked, client } = answering(200, {});
  await client('PUT /videos/{id}/edits', { params: { id: ID }, body: { cues: [] }, ifMatch: '"a"' });
  expect(asked[0]?.url).toBe(`/captions/api/videos/${ID}/edits`);
  expect(asked[0]?.init).toMatchObject({
    method: 'PUT',
    headers: { 'x-secondglance': '1', 'content-type': 'application/json', 'if-match': '"a"' },
    body: '{"cues":[]}',
  });
});

test('problems are thrown, also where a proxy answered without one', async () => {
  const problem = { type: 'urn:x', title: 'T', status: 404, detail: 'gone', code: 'video-unknown', retryable: false };
  const refused = answering(404, problem, 'application/problem+json').client;
  const error = await refused('GET /videos/{id}', { params: { id: ID } }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ message: 'gone', problem });
  const away = answering(502, undefined, 'text/html').client;
  await expect(away('GET /videos')).rejects.toMatchObject({ problem: { status: 502, retryable: true } });
});

test('types follow the routes', () => {
  const { client } = answering(200, {});
  expectTypeOf(client<'GET /videos/{id}'>).returns.resolves.toEqualTypeOf<Video>();
  expectTypeOf(client<'GET /videos/{id}/media'>).returns.resolves.toEqualTypeOf<Response>();
  expectTypeOf(client<'DELETE /videos/{id}'>).returns.resolves.toEqualTypeOf<undefined>();
  // @ts-expect-error a path without its parameter
  expect(() => routeAddress('', 'GET /nothing')).not.toThrow();
});

test('an address quotes what stands in it', () => {
  expect(routeAddress('/api', 'POST /models/{name}/pull', { params: { name: 'a/b' } })).toBe('/api/models/a%2Fb/pull');
});

test('every text format can be exported, except the one that has no cues', () => {
  expect([...EXPORT_FORMATS, 'jsonl'].sort()).toEqual([...TEXT_FORMAT_NAMES].sort());
});
