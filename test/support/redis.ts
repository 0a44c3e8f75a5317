import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { sharedRedisUrl } from './run.ts';

/** A real Redis of one test file, with an append-only file as the services need it. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly password: string | undefined;
  readonly pid: number;
  /** kill -9; what was not on disk yet is lost. */
  kill(): Promise<void>;
  /** Starts it again over the same files. */
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  remove(): Promise<void>;
}

/** The Redis that all test files share, and prefixes for its keys that no other file uses. */
export interface SharedRedis {
  readonly url: string;
  readonly port: number;
  readonly password: string;
  /** A prefix that nothing else uses, for a test or a whole file. */
  prefix(): string;
}

/**
 * The one Redis of this test run, for tests that neither stop nor flush nor configure it; those call
 * {@link startRedis}. Nothing is removed from it before the end of the run.
 */
export function sharedRedis(): SharedRedis {
  const url = sharedRedisUrl();
  const { port, password } = new URL(url);
  return {
    url,
    port: Number(port),
    password: decodeURIComponent(password),
    prefix: () => `test-${randomUUID()}`,
  };
}

/** A port that nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Waits until Redis answers; a big append-only file takes a moment to load. */
async function answering(port: number, password: string | undefined, child: ChildProcess): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const redis = new Redis({
      port,
      lazyConnect: true,
      retryStrategy: null,
      maxRetriesPerRequest: 0,
      ...(password === undefined ? {} : { password }),
    });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      await redis.ping();
      return;
    } catch (error) {
      if (tries > 300 || child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      redis.disconnect();
    }
  }
}

/** Starts one on a free port. `arguments` are further options of redis-server. */
export async function startRedis(
  options: { password?: string; arguments?: readonly string[] } = {},
): Promise<TestRedis> {
  const { password } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-redis-'));
  let port = await freePort();
  let child: ChildProcess;
  const launch = async (): Promise<void> => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
    args.push('--maxmemory-policy', 'noeviction', ...(options.arguments ?? []));
    if (password !== undefined) args.push('--requirepass', password);
    child = spawn('redis-server', args, { stdio: 'ignore' });
    await answering(port, password, child);
  };
  const ended = (): Promise<void> =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once('exit', () => resolve());
    });
  for (let tries = 1; ; tries += 1) {
    try {
      await launch();
      break;
    } catch (error) {
      // Another process may have taken the port meanwhile.
      if (tries === 3) throw error;
      port = await freePort();
    }
  }
  return {
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    port,
    password,
    get pid() {
      return child.pid ?? -1;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended();
    },
    restart: launch,
    async remove() {
      child.kill('SIGKILL');
      await ended();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
