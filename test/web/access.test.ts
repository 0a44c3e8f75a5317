import { request } from 'node:http';
import { expect, test } from 'vitest';
import { routeAddress } from '../../src/web/api/client.ts';
import { ROUTES, type Route, type RouteName } from '../../src/web/api/routes.ts';
import { program, runEach, startCommand } from '../cli/support/program.ts';
import { benches } from '../cli/support/room.ts';
import { startServer } from './support/server.ts';

const bench = benches();
const PASSWORD = 'correct horse: battery';

/** The status of a request with headers that fetch does not let one set. */
function statusOf(address: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(address, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject);
    asked.end();
  });
}

test('beyond the loopback a password is needed, and a port that is taken is named', async () => {
  const { folder, env, at } = await bench('refused');
  const server = await startServer(['--data', at('data'), '--allow-host', 'Films.example'], { cwd: folder, env });
  const port = new URL(server.address).port;
  const [open, taken, busy, odd] = await runEach(
    [
      ['serve', '--host', '0.0.0.0'],
      ['serve', '--port', port, '--data', at('other')],
      ['serve', '--port', '0', '--data', at('data')],
      ['serve', '--base-path', 'a/../b'],
    ],
    { cwd: folder, env },
  );
  expect(open).toMatchObject({ code: 2, stderr: expect.stringContaining('SECONDGLANCE_SERVE_PASSWORD') });
  expect(taken).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/port \d+ of 127\.0\.0\.1 is in use .*choose another --port/),
  });
  expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining('another server uses') });
  expect(odd).toMatchObject({ code: 2 });

  // A name of another site that leads here (DNS rebinding).
  const videos = `${server.api}/videos`;
  expect(await statusOf(videos, { host: 'evil.example' })).toBe(421);
  expect(await statusOf(server.address, { host: `evil.example:${port}` })).toBe(421);
  expect(await statusOf(videos, { host: `localhost:${port}` })).toBe(200);
  expect(await statusOf(videos, { host: 'films.example' })).toBe(200);
  // What a proxy would send is not believed without --trust-proxy.
  expect(await statusOf(videos, { host: 'evil.example', 'x-forwarded-host': 'localhost' })).toBe(421);
  await server.stop();
});

test('a password opens a session, under a sub-path behind a proxy too', async () => {
  const { folder, env, at } = await bench('password');
  const hashed = await startCommand(process.execPath, [await program(), 'serve', '--hash-password'], {
    cwd: folder,
    env,
    input: Buffer.from(`${PASSWORD}\n`),
  }).ended;
  expect(hashed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^scrypt\$65536\$8\$1\$/) });
  const secret = { ...env, SECONDGLANCE_SERVE_PASSWORD: hashed.stdout.trim() };
  const args = ['--data', at('data'), '--base-path', '/captions', '--trust-proxy'];
  let server = await startServer(args, { cwd: folder, env: secret });
  expect(server.address).toMatch(/\/captions\/$/);
  const logIn = (password: string, headers: Record<string, string> = {}) =>
    fetch(`${server.api}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-secondglance': '1', ...headers },
      body: JSON.stringify({ password }),
    });

  expect((await fetch(server.address)).status).toBe(200);
  expect(await (await fetch(`${server.api}/session`)).json()).toEqual({ passwordRequired: true, authenticated: false });
  const ids = { id: 'v000000000000000000000000', index: 0, name: 'x' };
  const closed = (Object.entries(ROUTES) as [RouteName, Route][]).filter(([, { open }]) => open !== true);
  expect(closed.length).toBeGreaterThan(25);
  const requests = closed.map(([name]) => [name.split(' ')[0] ?? '', routeAddress('', name, { params: ids })] as const);
  for (const [method, route] of [
    ...requests,
    ['GET', '/uploads/0123456789abcdef01234567'],
    ['POST', '/uploads'],
  ] as const) {
    const refused = await fetch(server.api + route, { method, headers: { 'x-secondglance': '1' } });
    expect(await refused.json(), `${method} ${route}`).toMatchObject({ status: 401, code: 'login-needed' });
  }
  expect(await (await logIn('wrong password')).json()).toMatchObject({ status: 401, code: 'password-wrong' });
  const plain = (await logIn(PASSWORD)).headers.get('set-cookie') ?? '';
  expect(plain).toMatch(
    /^secondglance=[\w-]{43}; Max-Age=\d+; Path=\/captions\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
  );
  const behind = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'films.example', origin: 'https://films.example' };
  const cookie = (await logIn(PASSWORD, behind)).headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
  const session = { cookie: cookie.split(';')[0] ?? '' };
  expect((await fetch(`${server.api}/videos`, { headers: session })).status).toBe(200);
  expect((await fetch(`${server.api}/videos`, { headers: { cookie: 'secondglance=x' } })).status).toBe(401);

  // A session outlives the server; logging out ends it for good.
  await server.stop();
  server = await startServer(args, { cwd: folder, env: secret });
  expect((await fetch(`${server.api}/videos`, { headers: session })).status).toBe(200);
  await fetch(`${server.api}/session`, { method: 'DELETE', headers: { ...session, 'x-secondglance': '1' } });
  expect((await fetch(`${server.api}/videos`, { headers: session })).status).toBe(401);

  await Promise.all(Array.from({ length: 20 }, (_, n) => logIn(`wrong password ${n}`)));
  const blocked = await logIn(PASSWORD);
  expect(blocked.status).toBe(429);
  expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0);
  // Behind the proxy every client is counted by itself.
  expect((await logIn(PASSWORD, { 'x-forwarded-for': '203.0.113.9' })).status).toBe(200);
  expect(server.log()).not.toContain(PASSWORD);
  await server.stop();
});
