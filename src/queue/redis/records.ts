import type { Redis } from 'ioredis';
import type { Micros } from '../../core/types.ts';
import { QueueError } from '../errors.ts';
import type { RunPayload } from '../jobs.ts';
import { PRIORITIES, type Priority } from '../priority.ts';
import type { Keys } from './keys.ts';

const DAY_MS = 86_400_000;
/** How long the record of a finished video is kept. */
export const RECORD_RETENTION_MS = 7 * DAY_MS;
/** How long the ID of a finished video is kept. */
export const ID_RETENTION_MS = 30 * DAY_MS;
/** Records read at once. */
const BATCH = 500;

/** How a video ends. */
export type FinalState = 'done' | 'partial' | 'failed' | 'skipped' | 'cancelled';
/** The state of a video. */
export type VideoState = 'queued' | 'running' | FinalState;

/** What Redis knows of a video. Times are milliseconds since 1970 on the clock of Redis. */
export interface VideoRecord {
  readonly id: string;
  readonly state: VideoState;
  /** Counts the runs of the video: what belongs to an earlier one is ignored. */
  readonly run: number;
  readonly priority: Priority;
  /** As in outputs. */
  readonly name: string;
  /** What was submitted, as JSON. The queue only carries it. */
  readonly request: string;
  readonly submitted: number;
  readonly begun?: number;
  readonly ended?: number;
  /** SHA-256 of the model, once the video is running. */
  readonly model?: string;
  /** Facts about the source as JSON, once it was opened. */
  readonly media?: string;
  /** The decoder's report as JSON, once it is finished; with it comes the number of groups. */
  readonly report?: string;
  readonly groups?: number;
  /** The run for which an assembler has begun to write tracks. */
  readonly opened?: number;
  /** Keyframes found so far, and the time of the last of them. */
  readonly found: number;
  readonly covered?: Micros;
  /** Keyframes that are done, failed ones included. */
  readonly done: number;
  readonly failed: number;
  /** Why the video makes no progress. */
  readonly blockedReason?: string;
  /** The outcome as JSON, once the video is finished. */
  readonly summary?: string;
}

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

const STATES: readonly VideoState[] = ['queued', 'running', 'done', 'partial', 'failed', 'skipped', 'cancelled'];
const NUMBERS = ['begun', 'ended', 'groups', 'opened', 'covered'] as const;
const TEXTS = ['model', 'media', 'report', 'blockedReason', 'summary'] as const;

function readRecord(id: string, fields: Record<string, string>): VideoRecord | undefined {
  if (fields.state === undefined) return undefined;
  const state = STATES.find((each) => each === fields.state);
  const count = (name: string): number => Number(fields[name]) || 0;
  if (state === undefined || fields.request === undefined || count('run') === 0) {
    throw new QueueError('bad-payload', `the record of video ${id} was not written by this version of secondglance`);
  }
  const numbers = NUMBERS.filter((name) => Number.isFinite(Number(fields[name] ?? 'none')));
  const texts = TEXTS.filter((name) => fields[name] !== undefined);
  return {
    id,
    state,
    run: count('run'),
    priority: PRIORITIES.find((each) => each === fields.priority) ?? 'normal',
    name: fields.name ?? id,
    request: fields.request,
    submitted: count('submitted'),
    found: count('found'),
    done: count('done'),
    failed: count('failed'),
    ...Object.fromEntries(numbers.map((name) => [name, Number(fields[name])])),
    ...Object.fromEntries(texts.map((name) => [name, fields[name]])),
  };
}

/** Undefined for an unreadable record; rethrows other errors. */
function ifUnreadable(error: unknown): undefined {
  if (error instanceof QueueError && error.code === 'bad-payload') return undefined;
  throw error;
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

  /** Undefined where Redis has no record of the video. Throws `bad-payload`. */
  async read(id: string): Promise<VideoRecord | undefined> {
    return readRecord(id, await this.#redis.hgetall(this.#keys.record(id)));
  }

  /** A video's name, even where the rest of its record is unreadable. */
  async nameOf(id: string): Promise<string> {
    return (await this.#redis.hget(this.#keys.record(id), 'name')) ?? id;
  }

  /** Creates a record, or begins a new run of a finished video. A video that is `active` stays as it is. */
  async submit({ id, request, priority, name }: Submission): Promise<{
    readonly run: number;
    readonly outcome: 'created' | 'restarted' | 'active';
  }> {
    const { record, open, finished, results, failedGroups } = this.#keys;
    const keys = [record(id), open, finished, results(id), failedGroups(id)];
    const [run, outcome] = await this.#redis.sgSubmit(...keys, id, request, priority, name, await this.now());
    return { run, outcome };
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

  /** The states of many videos; undefined where Redis has no record. */
  async states(ids: readonly string[]): Promise<(VideoState | undefined)[]> {
    const states: (VideoState | undefined)[] = [];
    for (let at = 0; at < ids.length; at += BATCH) {
      const pipeline = this.#redis.pipeline();
      for (const id of ids.slice(at, at + BATCH)) pipeline.hget(this.#keys.record(id), 'state');
      for (const [error, state] of (await pipeline.exec()) ?? []) {
        if (error !== null) throw error;
        states.push((state as VideoState | null) ?? undefined);
      }
    }
    return states;
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
    return (await this.#redis.set(this.#keys.turn, '1', 'PX', ms, 'NX')) === 'OK';
  }

  /** Unfinished videos, the oldest first, then up to `limit` finished ones, the latest first. Unreadable records are left out. */
  async list(limit = 1000): Promise<VideoRecord[]> {
    const finished = limit === 0 ? [] : await this.#redis.zrange(this.#keys.finished, 0, limit - 1, 'REV');
    const ids = [...new Set([...(await this.openIds()), ...finished])];
    const records: VideoRecord[] = [];
    for (let at = 0; at < ids.length; at += BATCH) {
      const found = await Promise.all(ids.slice(at, at + BATCH).map((id) => this.read(id).catch(ifUnreadable)));
      records.push(...found.filter((record) => record !== undefined));
    }
    return records;
  }

  /** IDs of the unfinished videos, the oldest first. */
  openIds(): Promise<string[]> {
    return this.#redis.zrange(this.#keys.open, 0, -1);
  }

  /**
   * The full ID that begins with `text`.
   * @throws QueueError `video-unknown` where there is none, or more than one
   */
  async resolve(text: string): Promise<string> {
    if ((await this.#redis.exists(this.#keys.record(text))) === 1) return text;
    const finished = await this.#redis.zrange(this.#keys.finished, 0, -1);
    const all = new Set([...(await this.openIds()), ...finished]);
    const matches = text.length < 4 ? [] : [...all].filter((id) => id.startsWith(text));
    const [match] = matches;
    if (match !== undefined && matches.length === 1) return match;
    const why = matches.length > 1 ? `${matches.length} videos have an ID that begins so` : 'no video has this ID';
    throw new QueueError('video-unknown', `${text}: ${why}; secondglance status lists them all`);
  }
}
