import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { AppendOutcome, CaptionStore } from '../../core/caption-store.ts';
import { GROUP_SIZE } from '../../core/types.ts';
import { QueueError } from '../errors.ts';
import { eventSchema } from '../frames.ts';
import { type GroupKey, type GroupPayload, MAX_GROUPS, type RunPayload, readJson } from '../jobs.ts';
import { inFlightMember, type Keys } from './keys.ts';

/** Bytes of a group's result. The texts of a model are far shorter. */
const MAX_RESULT_BYTES = 2 ** 20;
const text = z.string().max(65_536);
const name = z.string().max(8192);
const share = z.number().min(0).max(1);

const captionSchema = z.strictObject({
  video: name,
  index: z
    .int()
    .min(0)
    .max(GROUP_SIZE * MAX_GROUPS),
  pts: z.int(),
  still: z.boolean(),
  draft: text,
  text,
  confidence: share,
  passes: z.union([z.literal(1), z.literal(2)]),
  nothingVisible: z.literal(true).exactOptional(),
  regions: z
    .array(
      z.strictObject({
        label: name.exactOptional(),
        ...{ x: z.number(), y: z.number(), width: z.number(), height: z.number() },
      }),
    )
    .max(1000)
    .readonly()
    .exactOptional(),
  lines: z
    .array(z.strictObject({ text, confidence: share, x: share, y: share, width: share, height: share }))
    .max(1000)
    .readonly()
    .exactOptional(),
  error: z.strictObject({ code: name, message: text }).exactOptional(),
  scene: z.int().min(0).exactOptional(),
  event: eventSchema.exactOptional(),
  joint: z.strictObject({ text, confidence: z.number().min(0).max(1) }).exactOptional(),
});

const resultSchema = z.strictObject({
  captions: z.array(captionSchema).min(1).max(64),
  /** What ran the model, such as `onnxruntime-node 1.30.0 cpu`. */
  runtime: name,
  /** The machine, for people who read it. */
  host: name,
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

  /**
   * The results of the groups `[from, to)` up to the first that has none yet; undefined for one that is unreadable. One that this version did not write is removed, so that its group
   * counts as lost and is captioned again.
   */
  async read(video: string, from: number, to: number): Promise<(GroupResult | undefined)[]> {
    const groups = Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
    if (groups.length === 0) return [];
    const key = this.#keys.results(video);
    const found = await this.#redis.sgResults(key, MAX_RESULT_BYTES, ...groups);
    const results = found.map((json, at) => readResult(json ?? '', video, from + at));
    const unreadable = groups.filter((_, at) => at < results.length && results[at] === undefined);
    if (unreadable.length > 0) await this.#redis.hdel(key, ...unreadable.map(String));
    return results;
  }

  /** Those of the groups `[0, count)` that have no captions. */
  async missing(video: string, count: number): Promise<number[]> {
    const key = this.#keys.results(video);
    if ((await this.#redis.hlen(key)) > MAX_GROUPS) {
      throw new QueueError('bad-payload', `${video} has more results than a video has groups`);
    }
    const known = new Set(await this.#redis.hkeys(key));
    return Array.from({ length: count }, (_, group) => group).filter((group) => !known.has(String(group)));
  }
}

/** A result; undefined where it is unreadable, too long, or of another group. */
function readResult(json: string, video: string, group: number): GroupResult | undefined {
  try {
    const result = readJson(resultSchema, json, `the result of group ${group} of ${video}`);
    const [head] = result.captions;
    const first = head?.event === undefined ? group * GROUP_SIZE : Math.min(head.index, group * GROUP_SIZE);
    return result.captions.every(({ index }, at) => index === first + at) ? result : undefined;
  } catch {
    return undefined;
  }
}
