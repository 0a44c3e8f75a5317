import { afterEach, describe, expect, test } from 'vitest';
import { type HttpServer, serveHttp } from '../../src/services/http.ts';

const open: HttpServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function serve(ready: true | string, metrics = async () => ({ type: 'text/plain', text: 'x 1\n' })) {
  const server = await serveHttp({ host: '127.0.0.1', port: 0 }, { ready: async () => ready, metrics });
  open.push(server);
  return async (path: string, init?: RequestInit): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return [response.status, await response.text()];
  };
}

describe('what a service answers over HTTP', () => {
  test('alive, ready, counted; nothing else', async () => {
    const ask = await serve(true);
    expect(await ask('/healthz')).toEqual([200, 'ok\n']);
    expect(await ask('/readyz?verbose')).toEqual([200, 'ready\n']);
    expect(await ask('/metrics')).toEqual([200, 'x 1\n']);
    expect((await ask('/'))[0]).toBe(404);
    expect((await ask('/../etc/passwd'))[0]).toBe(404);
    expect((await ask('/healthz', { method: 'POST', body: 'x' }))[0]).toBe(405);
    expect(await ask('/healthz', { method: 'HEAD' })).toEqual([200, '']);
  });

  test('alive, though it cannot work: the reason', async () => {
    const ask = await serve('Redis at queue:6379 does not answer', () => Promise.reject(new Error('no figures')));
    expect(await ask('/healthz')).toEqual([200, 'ok\n']);
    expect(await ask('/readyz')).toEqual([503, 'Redis at queue:6379 does not answer\n']);
    expect(await ask('/metrics')).toEqual([500, 'no figures\n']);
  });

  test('a port that is taken', async () => {
    await serve(true);
    const place = { host: '127.0.0.1', port: open[0]?.port ?? 0 };
    await expect(
      serveHttp(place, { ready: async () => true, metrics: async () => ({ type: '', text: '' }) }),
    ).rejects.toMatchObject({
      code: 'http-listen',
      message: expect.stringMatching(
        /^port \d+ of 127\.0\.0\.1 is in use by another program: stop it, or choose another --/,
      ),
    });
  });
});
