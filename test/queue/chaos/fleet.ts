import { appendFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { type Running, start } from '../../cli/support/program.ts';
import { until } from '../../support/processes.ts';
import type { TestRedis } from '../../support/redis.ts';

/** Whom a fault can hit. */
export type Victim = 'ingest' | 'worker' | 'assemble' | 'redis';

/** Seeds give the same choices again (mulberry32); what is in flight at a kill still depends on the machine. */
export function randomness(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One service process that is started again whenever it was killed. */
interface Member {
  readonly role: 'ingest' | 'worker' | 'assemble';
  running: Running | undefined;
  /** True once it has said so. */
  ready: boolean;
}

/** Real service processes around a real Redis, each of which can be killed at any time. */
export class Fleet {
  readonly #redis: TestRedis;
  readonly #how: { readonly cwd: string; readonly env: Readonly<Record<string, string>> };
  readonly #bundle: string;
  readonly #log: string;
  readonly #members: Member[];
  readonly #restarts = new Set<Promise<void>>();
  #redisUp = true;

  constructor(redis: TestRedis, folder: string, env: Readonly<Record<string, string>>, bundle: string, log: string) {
    this.#redis = redis;
    this.#how = { cwd: folder, env: { ...env, SECONDGLANCE_REDIS_URL: redis.url, SECONDGLANCE_ALLOW_PATHS: folder } };
    this.#bundle = bundle;
    this.#log = log;
    const roles = ['ingest', 'ingest', 'worker', 'worker', 'worker', 'assemble'] as const;
    this.#members = roles.map((role) => ({ role, running: undefined, ready: false }));
  }

  /** Starts everybody. */
  async begin(): Promise<void> {
    await Promise.all(this.#members.map((member) => this.#launch(member)));
  }

  async #launch(member: Member): Promise<void> {
    const args: string[] = [member.role];
    if (member.role === 'worker') args.push('--model', this.#bundle, '--concurrency', '1');
    const running = await start(args, this.#how);
    member.running = running;
    member.ready = false;
    let log = '';
    running.child.stderr?.on('data', (text: string) => {
      if (member.ready || member.running !== running) return;
      log += text;
      member.ready = log.includes('"ready"');
    });
    void running.ended.then(({ stderr }) => appendFileSync(this.#log, stderr));
  }

  /** Runs a command of a user's to its end. */
  async command(...args: string[]): Promise<Running> {
    return start(args, this.#how);
  }

  /**
   * Groups that a living worker has in work, groups whose frames are kept, and results that are there, at this moment;
   * undefined while Redis is away.
   */
  async inFlight(): Promise<{ active: number; held: number; results: number } | undefined> {
    if (!this.#redisUp) return undefined;
    const redis = new Redis(this.#redis.port, { maxRetriesPerRequest: 0, retryStrategy: null, lazyConnect: true });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      // The jobs of a worker that was killed stay in the list for a while; its locks are gone sooner.
      const queues = await redis.keys('secondglance:groups-*:active');
      const jobs = await Promise.all(
        queues.map(async (key) => (await redis.lrange(key, 0, -1)).map((id) => key.replace(/active$/, `${id}:lock`))),
      );
      const locks = jobs.flat();
      const results = await redis.keys('secondglance:results:*');
      const counts = await Promise.all(results.map((key) => redis.hlen(key)));
      return {
        active: locks.length === 0 ? 0 : await redis.exists(...locks),
        held: await redis.zcard('secondglance:in-flight'),
        results: counts.reduce((sum, count) => sum + count, 0),
      };
    } catch {
      return undefined;
    } finally {
      redis.disconnect();
    }
  }

  /** Whom `random` picks: each process and Redis alike. Undefined where that one is dead already. */
  pick(random: () => number): { victim: Victim; kill: (downMs: number) => Promise<void> } | undefined {
    const at = Math.floor(random() * (this.#members.length + 1));
    const member = this.#members[at];
    if (member === undefined) {
      return this.#redisUp ? { victim: 'redis', kill: (downMs) => this.#killRedis(downMs) } : undefined;
    }
    const { running } = member;
    if (running === undefined) return undefined;
    return { victim: member.role, kill: (downMs) => this.#killMember(member, running, downMs) };
  }

  #later(ms: number, act: () => Promise<void>): void {
    const restart = new Promise<void>((resolve) => setTimeout(resolve, ms)).then(act).finally(() => {
      this.#restarts.delete(restart);
    });
    this.#restarts.add(restart);
  }

  async #killMember(member: Member, running: Running, downMs: number): Promise<void> {
    member.running = undefined;
    running.child.kill('SIGKILL');
    await running.ended;
    this.#later(downMs, () => this.#launch(member));
  }

  async #killRedis(downMs: number): Promise<void> {
    this.#redisUp = false;
    await this.#redis.kill();
    this.#later(downMs, async () => {
      await this.#redis.restart();
      this.#redisUp = true;
    });
  }

  /** Waits until all that were killed are there again. */
  async whole(): Promise<void> {
    while (this.#restarts.size > 0) await Promise.all(this.#restarts);
    await until(() => this.#members.every(({ ready }) => ready), 240, 'services ready');
  }

  /** SIGTERM for all; SIGKILL for who has not gone in time. Gives back the exit codes. */
  async end(seconds = 60): Promise<(number | null)[]> {
    while (this.#restarts.size > 0) await Promise.all(this.#restarts);
    const all = this.#members.flatMap(({ running }) => (running === undefined ? [] : [running]));
    for (const { child } of all) child.kill('SIGTERM');
    const gone = (): boolean => all.every(({ child }) => child.exitCode !== null || child.signalCode !== null);
    await until(gone, seconds, 'services gone').catch(() => undefined);
    for (const { child } of all) child.kill('SIGKILL');
    return (await Promise.all(all.map(({ ended }) => ended))).map(({ code }) => code);
  }
}
