import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { AppendOutcome, CaptionStore } from '../../core/caption-store.ts';
import { type GroupKey, type GroupPayload, type RunPayload, readJson } from '../jobs.ts';
import { inFlightMember, type Keys } from './keys.ts';

const captionSchema = z.strictObject({
  video: z.string(),
  index: z.int().min(0),
  pts: z.int(),
  still: z.boolean(),
  draft: z.string(),
  text: z.string(),
  confidence: z.number().min(0).max(1),
  passes: z.union([z.literal(1), z.literal(2)]),
  regions: z
    .array(
      z.strictObject({
        label: z.string().exactOptional(),
        ...{ x: z.number(), y: z.number(), width: z.number(), height: z.number() },
      }),
    )
    .readonly()
    .exactOptional(),
  error: z.strictObject({ code: z.string(), message: z.string() }).exactOptional(),
});

const resultSchema = z.strictObject({
  captions: z.array(captionSchema).min(1).max(64),
  /** What ran the model, such as `onnxruntime-node 1.30.0 cpu`. */
  runtime: z.string(),
  /** The machine, for people who read it. */
  host: z.string(),
});
/** What a worker made of a group. */
export type GroupResult = z.infer<typeof resultSchema>;

/** The captions of groups: durable from `commit` on, until the video's tracks are written. */
export class Results {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** True where the group has captions. */
  async has({ video, group }: GroupKey): Promise<boolean> {
    return (await this.#redis.hexists(this.#keys.results(video), String(group))) === 1;
  }

  /**
   * Makes a group's captions durable, and frees its place in flight and its frames in Redis.
   * @returns `duplicate` where the group already had captions, which stay; `cancelled` where the run is not active
   */
  async commit(group: Omit<GroupPayload, 'passes'>, result: GroupResult): Promise<AppendOutcome> {
    const { record, results, inFlight, frames, failedGroups } = this.#keys;
    const { video, run, model } = group;
    const failed = result.captions.some(({ error }) => error !== undefined);
    const keys = [record(video), results(video), inFlight, frames(video), failedGroups(video)];
    const args = [run, group.group, JSON.stringify(result), result.captions.length, failed ? 1 : 0];
    return this.#redis.sgCommit(...keys, inFlightMember(model, group), ...args);
  }

  /** The captions of one run as a store; `origin` says what writes them. A failed group is captioned again by the next run. */
  store(run: RunPayload & { readonly model: string }, origin: Pick<GroupResult, 'runtime' | 'host'>): CaptionStore {
    return {
      read: async (group) => (await this.read(run.video, group, group + 1))[0]?.captions,
      append: (group, captions) => this.commit({ ...run, group }, { ...origin, captions: [...captions] }),
    };
  }

  /** The results of the groups `[from, to)`; undefined where there is none yet. */
  async read(video: string, from: number, to: number): Promise<(GroupResult | undefined)[]> {
    const groups = Array.from({ length: Math.max(0, to - from) }, (_, at) => String(from + at));
    if (groups.length === 0) return [];
    const found = await this.#redis.hmget(this.#keys.results(video), ...groups);
    return found.map((text, at) =>
      text === null ? undefined : readJson(resultSchema, text, `the result of group ${from + at} of ${video}`),
    );
  }

  /** Those of the groups `[0, count)` that have no captions. */
  async missing(video: string, count: number): Promise<number[]> {
    const known = new Set(await this.#redis.hkeys(this.#keys.results(video)));
    return Array.from({ length: count }, (_, group) => group).filter((group) => !known.has(String(group)));
  }
}
