import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { validate } from 'dockerfile-utils';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { apiClient } from '../../src/web/api/client.ts';
import { processes } from '../support/processes.ts';
import { freePort } from '../support/redis.ts';
import { readYaml } from '../support/yaml.ts';
import { encoded, TUS } from '../web/support/tus.ts';
import { type Running, run, start } from './support/program.ts';
import { type Bench, benches, colourVideo, cuesOf } from './support/room.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

const ROOT = path.join(import.meta.dirname, '../..');
const SECRETS = {
  REDIS_PASSWORD: 'hunter22hunter22',
  SECONDGLANCE_BOARD_PASSWORD: 'hunter23hunter23',
  SECONDGLANCE_SERVE_PASSWORD: 'hunter24hunter24',
};
const OURS = ['ingest', 'worker', 'assemble', 'web', 'board'] as const;

interface Service {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** The compose file as compose reads it, `${...}` filled in. */
async function compose(env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Service>>> {
  const text = await readFile(path.join(ROOT, 'docker-compose.yml'), 'utf8');
  const bare = text.replace(/^\s*#.*$/gm, '');
  const filled = bare.replace(
    /\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (found, name: string, kind: string, rest: string) => {
      if (found === '$$') return '$';
      if (kind === '?' && !env[name]) throw new Error(rest);
      return env[name] || (kind === '-' ? rest : '');
    },
  );
  const { services } = readYaml(filled) as unknown as { services: Record<string, Service> };
  return services;
}

const runFile = promisify(execFile);

describe('docker-compose.yml', () => {
  test('does not begin without its passwords', async () => {
    await expect(compose({})).rejects.toThrow('set REDIS_PASSWORD');
    for (const [name, missing] of [
      ['SECONDGLANCE_SERVE_PASSWORD', { ...SECRETS, SECONDGLANCE_SERVE_PASSWORD: '' }],
      ['SECONDGLANCE_BOARD_PASSWORD', { ...SECRETS, SECONDGLANCE_BOARD_PASSWORD: '' }],
    ] as const) {
      await expect(compose(missing)).rejects.toThrow(`set ${name}`);
    }
  });

  test('no service is root, may write to its root or has all the memory; no password in a command', async () => {
    const services = await compose(SECRETS);
    expect(Object.keys(services)).toEqual(['redis', ...OURS, 'worker-gpu']);
    for (const [name, service] of Object.entries(services)) {
      expect({ name, ...service }).toMatchObject({
        read_only: 'true',
        user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
        mem_limit: expect.stringMatching(/^\d+[mg]$/),
        restart: 'unless-stopped',
        cap_drop: ['ALL'],
        tmpfs: [expect.stringMatching(/^\/tmp/)],
        pids_limit: expect.stringMatching(/^\d+$/),
        logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
      });
      expect(service.image).toMatch(/^secondglance(:gpu)?$|@sha256:[0-9a-f]{64}$/);
      expect(JSON.stringify(service.command)).not.toMatch(/hunter/);
    }
    const { redis, worker, web, board, 'worker-gpu': gpu } = services;
    expect(redis?.command.at(-1)).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
    expect(redis).toHaveProperty('healthcheck.test');
    expect(worker).not.toHaveProperty('ports');
    // Both pages are for this machine.
    expect([web?.ports, board?.ports]).toEqual([['127.0.0.1:8585:8585'], ['127.0.0.1:3000:3000']]);
    // What was uploaded is read, and its tracks are written, under the same paths.
    for (const shared of [services.ingest, services.assemble, web]) {
      expect(shared?.volumes).toEqual(['./films:/films', 'state:/state', 'serve:/serve']);
    }
    expect(gpu).toMatchObject({ profiles: ['gpu'], build: { target: 'gpu' }, image: 'secondglance:gpu' });
    expect(gpu?.command).toContain('cuda');
  });

  test('images are what was tried, and no package runs a program while it is installed', async () => {
    const lines = (await readFile(path.join(ROOT, 'Dockerfile'), 'utf8')).split('\n');
    const bases = lines.filter((line) => line.startsWith('FROM '));
    expect(bases.length).toBeGreaterThan(2);
    for (const base of bases) expect(base).toMatch(/^FROM \S+@sha256:[0-9a-f]{64} AS \w+$/);
    for (const line of lines.filter((each) => /npm (ci|install)/.test(each)))
      expect(line).toContain('--ignore-scripts');
  });

  test.skipIf(spawnSync('docker-compose', ['version']).status !== 0)(
    'docker-compose itself takes it, for both profiles (needs docker-compose)',
    async () => {
      const how = { cwd: ROOT, env: { ...process.env, ...SECRETS } };
      await runFile('docker-compose', ['config', '--quiet'], how);
      const { stdout } = await runFile('docker-compose', ['--profile', 'gpu', 'config', '--services'], how);
      expect(stdout.trim().split('\n').sort()).toEqual(['redis', ...OURS, 'worker-gpu'].sort());
      await expect(
        runFile('docker-compose', ['config', '--quiet'], { cwd: ROOT, env: { PATH: process.env.PATH } }),
      ).rejects.toThrow(/set REDIS_PASSWORD/);
    },
  );

  test('Dockerfile: a linter finds nothing, and would find something', async () => {
    expect(validate(await readFile(path.join(ROOT, 'Dockerfile'), 'utf8'))).toEqual([]);
    expect(validate('FROM node\nFETCH x\n')).toMatchObject([{ message: 'Unknown instruction: FETCH' }]);
  });

  test('Dockerfile: both images end as the same user with the same health check, and the GPU one installs CUDA', async () => {
    const text = await readFile(path.join(ROOT, 'Dockerfile'), 'utf8');
    const images = text.split(/^FROM /m).filter((stage) => /ENTRYPOINT/.test(stage));
    expect(images.map((stage) => /AS (\w+)/.exec(stage)?.[1])).toEqual(['gpu', 'cpu']);
    for (const stage of images) {
      expect(stage).toMatch(/^USER 1000:1000$/m);
      expect(stage).toMatch(/^HEALTHCHECK .*CMD \["node", "\/app\/health.mjs"\]$/m);
      expect(stage).toMatch(/^ENTRYPOINT \["node", "\/app\/dist\/cli\/main.js"\]$/m);
    }
    expect(images[0]).toMatch(
      /ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules\/onnxruntime-node\/script\/install.js/,
    );
    expect(images[1]).not.toMatch(/cuda/);
  });
});

const bench = benches((folder) => colourVideo(`${folder}/film.mkv`, ['red', 'green', 'blue'], 2).then(() => undefined));

describe('the same commands and environment as processes', () => {
  let room: Bench & { readonly shared: string };
  let services: Readonly<Record<string, Service>>;
  let redisPort: number;
  const running = new Map<string, Running>();
  const ports = new Map<string, number>();
  let redis: ReturnType<typeof spawn>;

  /** A service's command, with the paths and addresses of its container where they are here. */
  function commandOf(name: string): string[] {
    const here: Readonly<Record<string, string>> = {
      '/films': room.folder,
      '/serve': room.at('serve'),
      '0.0.0.0': '127.0.0.1',
      '8585': String(ports.get(name)),
    };
    return (services[name]?.command ?? []).map((word) => here[word] ?? word);
  }

  /** A service's environment, with the paths and hosts of its container where they are here. */
  function environmentOf(name: string): Record<string, string> {
    const here = Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [
      key,
      value
        .replace('@redis:6379', `@127.0.0.1:${redisPort}`)
        .replace(/^\/films:\/serve$/, `${room.folder}:${room.at('serve')}`)
        .replace(/^0\.0\.0\.0:\d+$/, `127.0.0.1:${ports.get(name)}`),
    ]);
    return { ...Object.fromEntries(here), ...room.env };
  }

  beforeAll(async () => {
    room = await bench('site');
    services = await compose({ ...SECRETS, SECONDGLANCE_FILMS: room.folder });
    redisPort = await freePort();
    await mkdir(room.at('redis'));
    await mkdir(room.at('serve'));
    const [shell = '', flag = '', line = ''] = services.redis?.command ?? [];
    const moved = line.replace('--dir /data', `--dir ${room.at('redis')} --port ${redisPort} --bind 127.0.0.1`);
    redis = spawn(shell, [flag, moved], { env: { ...process.env, ...services.redis?.environment }, stdio: 'ignore' });
    for (const name of OURS) {
      ports.set(name, await freePort());
      const more = name === 'worker' || name === 'web' ? ['--model', room.bundle] : [];
      const how = { cwd: room.folder, env: environmentOf(name) };
      running.set(name, await start([...commandOf(name), ...more], how));
    }
  });
  afterAll(async () => {
    for (const { child } of running.values()) child.kill('SIGKILL');
    redis.kill('SIGKILL');
  });

  /** The image's health check, again and again. */
  async function healthy(name: string): Promise<void> {
    const env = { ...process.env, ...environmentOf(name) };
    for (let tries = 0; ; tries += 1) {
      try {
        await runFile(process.execPath, [path.join(ROOT, 'docker/health.mjs')], { env });
        return;
      } catch (error) {
        if (tries > 240) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }

  test('a video is captioned; all are healthy; the board wants its password; SIGTERM ends them; no secret is to be seen', async () => {
    await Promise.all(OURS.map(healthy));
    const redisClient = new Redis({ port: redisPort, password: SECRETS.REDIS_PASSWORD });
    expect(await redisClient.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    expect(await redisClient.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    redisClient.disconnect();

    // Submitted as by `docker-compose exec ingest`.
    const how = { cwd: room.folder, env: environmentOf('ingest') };
    await runFile('cp', [path.join(room.shared, 'film.mkv'), room.at('film.mkv')]);
    const film = ['submit', room.at('film.mkv'), '--model', room.bundle, '--wait'];
    expect(await run(film, how)).toMatchObject({ code: 0 });
    expect(cuesOf(await room.read('film.vtt')).map((cue) => /bright (\w+)/.exec(cue)?.[1])).toEqual([
      'red',
      'green',
      'blue',
    ]);

    const board = `http://127.0.0.1:${ports.get('board')}/`;
    const authorization = `Basic ${Buffer.from(`x:${SECRETS.SECONDGLANCE_BOARD_PASSWORD}`).toString('base64')}`;
    expect((await fetch(board)).status).toBe(401);
    expect((await fetch(board, { headers: { authorization } })).status).toBe(200);

    // The page: what is uploaded is captioned by the services.
    const page = `http://127.0.0.1:${ports.get('web')}`;
    expect((await fetch(`${page}/api/videos`)).status).toBe(401);
    const login = await fetch(`${page}/api/session`, {
      method: 'POST',
      headers: { 'x-secondglance': '1', 'content-type': 'application/json' },
      body: JSON.stringify({ password: SECRETS.SECONDGLANCE_SERVE_PASSWORD }),
    });
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
    const send: typeof fetch = (address, init) => fetch(address, { ...init, headers: { ...init?.headers, cookie } });
    const client = apiClient({ base: `${page}/api`, fetch: send });
    const bytes = await readFile(room.at('film.mkv'));
    const created = await send(`${page}/api/uploads`, {
      method: 'POST',
      headers: { ...TUS, 'upload-length': `${bytes.length}`, 'upload-metadata': encoded({ filename: 'mine.mkv' }) },
    });
    const sent = await send(new URL(created.headers.get('location') ?? '', page), {
      method: 'PATCH',
      headers: { ...TUS, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
      body: bytes,
    });
    const id = sent.headers.get('secondglance-video') ?? '';
    await expect
      .poll(async () => (await client('GET /videos/{id}', { params: { id } })).state, { timeout: 120_000 })
      .toBe('done');
    const { cues } = await client('GET /videos/{id}/cues', { params: { id } });
    expect(cues.map(({ text }) => /bright (\w+)/.exec(text)?.[1])).toEqual(['red', 'green', 'blue']);

    const commands = processes().map(({ command }) => command);
    expect(commands.filter((command) => /hunter2[234]hunter/.test(command))).toEqual([]);
    for (const { child } of running.values()) child.kill('SIGTERM');
    for (const [name, { ended }] of running) {
      const { code, stdout, stderr } = await ended;
      const shown = name === 'web' ? `${page}/\n` : '';
      expect({ name, code, stdout }).toEqual({ name, code: 0, stdout: shown });
      expect(stderr).not.toMatch(/hunter2[234]hunter/);
    }
  });

  test('a service that does not answer is not healthy; a command without HTTP is not asked', async () => {
    const check = (env: Record<string, string>) =>
      runFile(process.execPath, [path.join(ROOT, 'docker/health.mjs')], {
        env: { PATH: process.env.PATH ?? '', ...env },
      });
    await expect(check({ SECONDGLANCE_HTTP: `127.0.0.1:${await freePort()}` })).rejects.toThrow();
    await check({});
  });
});
