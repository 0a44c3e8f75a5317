import type { Redis } from 'ioredis';
import { QueueError } from '../errors.ts';
import { isVideoId, type RunPayload } from '../jobs.ts';
import type { Priority } from '../priority.ts';
import { isWrongType, moveForeignKeysOf } from './foreign-keys.ts';
import type { Keys } from './keys.ts';
import {
  type FinalState,
  MAX_RECORD_BYTES,
  OUTLINE_FIELDS,
  RECORD_FIELDS,
  readOutline,
  readRecord,
  STATES,
  type VideoOutline,
  type VideoRecord,
  type VideoState,
} from './record-schema.ts';

const DAY_MS = 86_400_000;
/** How long the record of a finished video is kept. */
export const RECORD_RETENTION_MS = 7 * DAY_MS;
/** How long the ID of a finished video is kept. */
export const ID_RETENTION_MS = 30 * DAY_MS;
/** Records read at once. */
const BATCH = 500;

/** What is submitted. */
export interface Submission {
  readonly id: string;
  readonly request: string;
  readonly priority: Priority;
  readonly name: string;
}

/** Facts about a run that are written as it goes on. */
export type RunFacts = Partial<
  Pick<VideoRecord, 'model' | 'begun' | 'media' | 'report' | 'groups' | 'opened' | 'blockedReason'>
> & { readonly state?: 'running' };

/** True while a video is queued or running. */
export function isOpen(state: VideoState): boolean {
  return state === 'queued' || state === 'running';
}

/** What became of a submission. */
export interface SubmitOutcome {
  readonly run: number;
  readonly outcome: 'created' | 'restarted' | 'active';
}

/** The records of videos in Redis. */
export class Records {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** The time on the clock of Redis in milliseconds since 1970: those of two machines may differ. */
  async now(): Promise<number> {
    const [seconds, micros] = await this.#redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }

  /** The values of many records; none where there is no record, `type` or `bytes` where it is none of ours. */
  async #values(ids: readonly string[], fields: readonly string[]): Promise<(string | null)[][]> {
    const values: (string | null)[][] = [];
    for (let at = 0; at < ids.length; at += BATCH) {
      const keys = ids.slice(at, at + BATCH).map((id) => this.#keys.record(id));
      values.push(...(await this.#redis.sgRecords(keys.length, ...keys, MAX_RECORD_BYTES, ...fields)));
    }
    return values;
  }

  /** Undefined where Redis has no record of the video. Throws `bad-payload`. */
  async read(id: string): Promise<VideoRecord | undefined> {
    const [values = []] = await this.#values([id], RECORD_FIELDS);
    return values.length === 0 ? undefined : readRecord(id, values);
  }

  /** A video's name, even where the rest of its record is unreadable. */
  async nameOf(id: string): Promise<string> {
    const [[name] = []] = await this.#values([id], ['name']);
    return name ?? id;
  }

  /** Creates records, or begins new runs of finished videos, in one round trip. A video that is `active` stays as it is. */
  async submit(submissions: readonly Submission[]): Promise<SubmitOutcome[]> {
    const { record, open, finished, results, failedGroups } = this.#keys;
    const now = await this.now();
    const argumentsOf = ({ id, request, priority, name }: Submission) => {
      const keys = [record(id), open, finished, results(id), failedGroups(id)];
      return [...keys, id, request, priority, name, now];
    };
    const pipeline = this.#redis.pipeline();
    for (const submission of submissions) pipeline.sgSubmit(...argumentsOf(submission));
    const answers = (await pipeline.exec()) ?? [];
    const outcomes: SubmitOutcome[] = [];
    for (const [at, submission] of submissions.entries()) {
      const [error, answer] = answers[at] ?? [];
      if (error !== null && !isWrongType(error)) throw error;
      if (error !== null) await moveForeignKeysOf(this.#redis, this.#keys, submission.id);
      const again = error === null ? answer : await this.#redis.sgSubmit(...argumentsOf(submission));
      const [run, outcome] = again as [number, SubmitOutcome['outcome']];
      outcomes.push({ run, outcome });
    }
    return outcomes;
  }

  /** Writes facts about a run. False where the run is not active. */
  async update({ video, run }: RunPayload, facts: RunFacts): Promise<boolean> {
    const fields = Object.entries(facts).flat();
    return (await this.#redis.sgUpdate(this.#keys.record(video), video, run, ...fields)) === 1;
  }

  /** Marks a run as running with a model. False where the run is not active. */
  async begin(of: RunPayload, model: string): Promise<boolean> {
    await this.#redis.sadd(this.#keys.models, model);
    return this.update(of, { state: 'running', begun: await this.now(), model });
  }

  /** Removes the reason why a run made no progress. */
  async clearBlocked({ video }: RunPayload): Promise<void> {
    await this.#redis.hdel(this.#keys.record(video), 'blockedReason');
  }

  /** Counts how often a video's groups were decoded again since the last captions came. */
  async countDecodedAgain({ video }: RunPayload): Promise<number> {
    const record = this.#keys.record(video);
    // The record may have expired: it must not come back with this field alone.
    return (await this.#redis.exists(record)) === 0 ? 0 : await this.#redis.hincrby(record, 'decodedAgain', 1);
  }

  /** Ends a run (`*`: whichever is active) and frees what it holds. False where the run is not active. */
  async finish(video: string, run: number | '*', state: FinalState, summary: string): Promise<boolean> {
    const { record, results, inFlight, frames, failedGroups, open, finished } = this.#keys;
    const keys = [record(video), results(video), inFlight, frames(video), failedGroups(video), open, finished];
    // What did not end well can be continued.
    const keepsResults = state === 'partial' || state === 'failed' || state === 'cancelled';
    const times = [await this.now(), RECORD_RETENTION_MS, ID_RETENTION_MS];
    const ended = await this.#redis.sgFinish(...keys, video, run, state, summary, ...times, keepsResults ? 1 : 0);
    return ended === 1;
  }

  /** The states of many videos; undefined where Redis has no readable record. */
  async states(ids: readonly string[]): Promise<(VideoState | undefined)[]> {
    const found = await this.#values(ids, ['state']);
    return found.map(([state]) => STATES.find((each) => each === state));
  }

  /** True where the video has ended, even if its record has expired since. */
  async hasEnded(id: string): Promise<boolean> {
    return (await this.#redis.zscore(this.#keys.finished, id)) !== null;
  }

  /** Removes an ID from the open set when its record no longer exists. */
  async dropOpen(id: string): Promise<void> {
    await this.#redis.zrem(this.#keys.open, id);
  }

  /** True for one caller within `ms`: services share periodic work. */
  async takeTurn(ms: number): Promise<boolean> {
    const { turn } = this.#keys;
    if ((await this.#redis.set(turn, '1', 'PX', ms, 'NX')) === 'OK') return true;
    // A turn that never ends would keep every service from reconciling.
    const left = await this.#redis.pttl(turn);
    if (left === -1 || left > 100 * ms) await this.#redis.del(turn);
    return false;
  }

  /**
   * Unfinished videos, the oldest first, then up to `limit` finished ones, the latest first. An unreadable record does not affect the others: the
   * reason is reported.
   */
  async list(limit = 1000, onUnreadable: (error: QueueError) => void = () => undefined): Promise<VideoOutline[]> {
    const finished = limit === 0 ? [] : await this.#redis.zrange(this.#keys.finished, 0, limit - 1, 'REV');
    const ids = [...new Set([...(await this.openIds()), ...finished.filter(isVideoId)])];
    const outlines = await this.outlines(ids);
    return outlines.flatMap((outline) => {
      if (outline instanceof QueueError) onUnreadable(outline);
      return outline === undefined || outline instanceof QueueError ? [] : [outline];
    });
  }

  /** The outlines of many videos; undefined where there is no record, the error where it is unreadable. */
  async outlines(ids: readonly string[]): Promise<(VideoOutline | QueueError | undefined)[]> {
    const found = await this.#values(ids, OUTLINE_FIELDS);
    return ids.map((id, at) => {
      const values = found[at] ?? [];
      if (values.length === 0) return undefined;
      try {
        return readOutline(id, values);
      } catch (error) {
        if (error instanceof QueueError) return error;
        throw error;
      }
    });
  }

  /** IDs of the unfinished videos, the oldest first. */
  async openIds(): Promise<string[]> {
    return (await this.#redis.zrange(this.#keys.open, 0, -1)).filter(isVideoId);
  }

  /** Removes from the open and finished videos what is no ID. Returns it. */
  async dropForeignIds(): Promise<string[]> {
    const dropped: string[] = [];
    for (const key of [this.#keys.open, this.#keys.finished]) {
      const foreign = (await this.#redis.zrange(key, 0, -1)).filter((id) => !isVideoId(id));
      if (foreign.length > 0) await this.#redis.zrem(key, ...foreign);
      dropped.push(...foreign);
    }
    return dropped;
  }

  /**
   * The full ID that begins with `text`.
   * @throws QueueError `video-unknown` where there is none, or more than one
   */
  async resolve(text: string): Promise<string> {
    if (isVideoId(text) && (await this.#redis.exists(this.#keys.record(text))) === 1) return text;
    const finished = (await this.#redis.zrange(this.#keys.finished, 0, -1)).filter(isVideoId);
    const all = new Set([...(await this.openIds()), ...finished]);
    const matches = text.length < 4 ? [] : [...all].filter((id) => id.startsWith(text));
    const [match] = matches;
    if (match !== undefined && matches.length === 1) return match;
    const why = matches.length > 1 ? `${matches.length} videos have an ID that begins so` : 'no video has this ID';
    throw new QueueError('video-unknown', `${text}: ${why}; secondglance status lists them all`);
  }
}
