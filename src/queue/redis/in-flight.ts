import type { Redis } from 'ioredis';
import { modelPrefix } from '../jobs.ts';
import { inFlightMember, type Keys } from './keys.ts';

/** `MODEL/VIDEO/GROUP` */
const MEMBER = /^([0-9a-f]{12})\/(v[0-9a-f]{24})\/(\d{1,7})$/;
/** The limits allow fewer. */
const MOST_MEMBERS = 200_000;

/** A group in flight: its frames are stored and its captions are not there yet. */
export interface GroupInFlight {
  /** The part of the model's SHA-256 that names its queue. */
  readonly model: string;
  readonly video: string;
  readonly group: number;
}

/** The groups in flight. Their number is limited, so that the frame store stays small. */
export class InFlight {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** All of them, or those of one video. */
  async list(of?: { readonly model: string; readonly video: string }): Promise<GroupInFlight[]> {
    const path = of === undefined ? undefined : `${modelPrefix(of.model)}/${of.video}`;
    const members =
      path === undefined
        ? await this.#redis.zrange(this.#keys.inFlight, 0, MOST_MEMBERS)
        : await this.#redis.zrangebylex(this.#keys.inFlight, `[${path}/`, `(${path}0`);
    return members.flatMap((member) => {
      const [, model = '', video = '', group] = MEMBER.exec(member) ?? [];
      return group === undefined ? [] : [{ model, video, group: Number(group) }];
    });
  }

  /** Removes members that no version of this program wrote, which would hold places for ever. Returns their number. */
  async dropUnreadable(): Promise<number> {
    const members = await this.#redis.zrange(this.#keys.inFlight, 0, MOST_MEMBERS);
    const unreadable = members.filter((member) => !MEMBER.test(member));
    if (unreadable.length > 0) await this.#redis.zrem(this.#keys.inFlight, ...unreadable);
    return unreadable.length;
  }

  /** Number of groups in flight. */
  count(): Promise<number> {
    return this.#redis.zcard(this.#keys.inFlight);
  }

  /** Frees the place of a group that will not get captions from its present job. */
  async release({ model, video, group }: GroupInFlight): Promise<void> {
    await this.#redis.zrem(this.#keys.inFlight, inFlightMember(model, { video, group }));
  }
}
