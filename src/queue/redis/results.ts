import type { Redis } from 'ioredis';
import { evaluate } from '../evaluate.ts';
import { type GroupOutcome, type GroupPlace, readJson, resultSchema } from '../jobs.ts';
import type { Keys } from '../names.ts';
import { COMMIT } from './scripts.ts';

/** The results of groups: durable from `commit` on, until the video's tracks are written. */
export class Results {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** True where the group has a result. */
  async has({ video, group }: GroupPlace): Promise<boolean> {
    return (await this.#redis.hexists(this.#keys.results(video), String(group))) === 1;
  }

  /**
   * Makes a group's result count, and frees its place in flight and its frames in Redis in the same step.
   * @returns `kept`; `twice` where the group had one, which stays; `gone` where the run is not wanted any more
   */
  async commit(of: GroupPlace, outcome: GroupOutcome): Promise<'kept' | 'twice' | 'gone'> {
    const { record, results, held, frames, gaps } = this.#keys;
    const { video, run, group } = of;
    const gap = outcome.captions.some(({ error }) => error !== undefined);
    const answer = await evaluate(
      this.#redis,
      COMMIT,
      [record(video), results(video), held, frames(video), gaps(video)],
      [video, run, group, JSON.stringify(outcome), outcome.captions.length, gap ? 1 : 0],
    );
    return answer as 'kept' | 'twice' | 'gone';
  }

  /** The results of the groups `[from, to)`, undefined where there is none yet. */
  async read(video: string, from: number, to: number): Promise<(GroupOutcome | undefined)[]> {
    const groups = Array.from({ length: Math.max(0, to - from) }, (_, at) => String(from + at));
    if (groups.length === 0) return [];
    const found = await this.#redis.hmget(this.#keys.results(video), ...groups);
    return found.map((text, at) =>
      text === null ? undefined : readJson(resultSchema, text, `the result of group ${from + at} of ${video}`),
    );
  }

  /** Those of the groups `[0, count)` that have no result. */
  async missing(video: string, count: number): Promise<number[]> {
    const known = new Set(await this.#redis.hkeys(this.#keys.results(video)));
    return Array.from({ length: count }, (_, group) => group).filter((group) => !known.has(String(group)));
  }
}
