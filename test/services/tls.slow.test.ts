import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, run, start } from '../cli/support/program.ts';
import { benches, colourVideo } from '../cli/support/room.ts';
import { freePort, startRedis, type TestRedis } from '../support/redis.ts';

const PATIENCE = 300_000;
const PASSWORD = 'tls-secret';
/** Certificates are made by openssl, which `./setup` does not install. */
const made = spawnSync('openssl', ['version']).status === 0;

const bench = benches(async (folder) => {
  await colourVideo(path.join(folder, 'one.mkv'), ['red', 'green'], 4);
});
const services: Running[] = [];
let redis: TestRedis;
let room: Awaited<ReturnType<typeof bench>>;
let env: Record<string, string>;
let ca: string;

beforeAll(async () => {
  if (!made) return;
  room = await bench('tls');
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: room.folder });
  ca = room.at('ca.crt');
  const rsa = ['-newkey', 'rsa:2048', '-nodes'];
  await openssl('req', '-x509', ...rsa, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test CA');
  await openssl('req', ...rsa, '-keyout', 'redis.key', '-out', 'redis.csr', '-subj', '/CN=localhost');
  await writeFile(room.at('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'redis.csr', '-out', 'redis.crt', ...signed);
  const port = await freePort();
  const files = ['--tls-cert-file', room.at('redis.crt'), '--tls-key-file', room.at('redis.key')];
  const tls = ['--tls-port', String(port), '--tls-auth-clients', 'no', '--tls-ca-cert-file', ca, ...files];
  redis = await startRedis({ password: PASSWORD, arguments: tls });
  env = {
    ...room.env,
    SECONDGLANCE_REDIS_URL: `rediss://:${PASSWORD}@localhost:${port}`,
    SECONDGLANCE_ALLOW_PATHS: `${room.shared}:${room.folder}`,
  };
}, PATIENCE);
afterAll(async () => {
  for (const { child } of services) child.kill('SIGKILL');
  await Promise.all(services.map(({ ended }) => ended));
  await redis?.remove();
});

test.skipIf(!made)(
  'over TLS: a certificate that is trusted carries a video, one that is not is refused',
  async () => {
    const trusting = { cwd: room.folder, env: { ...env, NODE_EXTRA_CA_CERTS: ca } };
    services.push(await start(['up', '--model', room.bundle, '--concurrency', '1'], trusting));
    const submit = ['submit', path.join(room.shared, 'one.mkv'), '--frames', 'every:1s', '--model', room.bundle];
    const ended = await run([...submit, '-o', 'one.vtt', '--wait'], trusting);
    expect(ended).toMatchObject({ code: 0 });
    expect(await room.read('one.vtt')).toMatch(/^WEBVTT/);

    for (const command of ['status', 'assemble']) {
      const refused = await run([command], { cwd: room.folder, env });
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.stderr).toMatch(
        /Redis at localhost:\d+ is not trusted \(.*certificate.*\): .*NODE_EXTRA_CA_CERTS/,
      );
      expect(refused.stderr).not.toContain(PASSWORD);
    }
  },
  PATIENCE,
);
