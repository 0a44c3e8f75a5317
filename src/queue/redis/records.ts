import type { Redis } from 'ioredis';
import type { Micros } from '../../core/types.ts';
import { QueueError } from '../errors.ts';
import { evaluate } from '../evaluate.ts';
import { type Keys, PRIORITIES, type Priority } from '../names.ts';
import { FINISH, NOTE, REFUSE, SUBMIT } from './scripts.ts';

/** How long a finished video is remembered. */
export const RETENTION_MS = 7 * 86_400_000;

/** So long a video is kept in flight though workers refuse it and nothing of it gets done: one that can may be busy. */
export const REFUSED_AT_MOST_MS = 30_000;
/** So long it is then set aside, before it is tried once more. */
export const ASIDE_MS = 60_000;

/** How a video ends. */
export type FinalState = 'done' | 'partial' | 'failed' | 'skipped' | 'cancelled';
/** What has become of a video. */
export type VideoState = 'queued' | 'running' | FinalState;

/** What Redis knows of a video. */
export interface VideoRecord {
  readonly id: string;
  readonly state: VideoState;
  /** Counts how often the video was begun: what belongs to an earlier run counts no more. */
  readonly run: number;
  readonly priority: Priority;
  /** As it stands in outputs. */
  readonly name: string;
  /** What was asked for, as JSON. The queue only carries it. */
  readonly request: string;
  /** Milliseconds since 1970. */
  readonly submitted: number;
  readonly begun?: number;
  readonly ended?: number;
  /** What the decoder knows of the source, as JSON, from the moment on that it was opened. */
  readonly media?: string;
  /** What the decoder said at its end, as JSON; with it comes the number of groups. */
  readonly report?: string;
  readonly groups?: number;
  /** The run for which somebody has begun to write tracks. */
  readonly opened?: number;
  /** Keyframes found so far, and the time of the last of them. */
  readonly found: number;
  readonly covered?: Micros;
  /** Keyframes that are done, those without a caption among them. */
  readonly done: number;
  readonly failed: number;
  /** Why it does not go on, where somebody said so. */
  readonly hindrance?: string;
  /** Until then (milliseconds since 1970) nothing of it is put in flight: every worker refuses it. */
  readonly aside?: number;
  /** What came out, as JSON, once it is finished. */
  readonly summary?: string;
}

/** What is asked for, once. */
export interface Submission {
  readonly id: string;
  readonly request: string;
  readonly priority: Priority;
  readonly name: string;
}

/** True where the video is still to be done. */
export function isOpen(state: VideoState): boolean {
  return state === 'queued' || state === 'running';
}

function whole(text: string | undefined): number | undefined {
  const value = Number(text);
  return text === undefined || !Number.isFinite(value) ? undefined : value;
}

const STATES: readonly string[] = ['queued', 'running', 'done', 'partial', 'failed', 'skipped', 'cancelled'];

function readRecord(id: string, fields: Record<string, string>): VideoRecord | undefined {
  const { state, priority, request, name } = fields;
  if (state === undefined) return undefined;
  const run = whole(fields.run);
  if (!STATES.includes(state) || request === undefined || run === undefined) {
    throw new QueueError(
      'bad-payload',
      `what Redis has of video ${id} was not written by this version of secondglance`,
    );
  }
  const optional = {
    begun: whole(fields.begun),
    ended: whole(fields.ended),
    media: fields.media,
    report: fields.report,
    groups: whole(fields.groups),
    opened: whole(fields.opened),
    covered: whole(fields.covered),
    hindrance: fields.hindrance,
    aside: whole(fields.aside),
    summary: fields.summary,
  };
  return {
    id,
    state: state as VideoState,
    run,
    priority: PRIORITIES.find((each) => each === priority) ?? 'normal',
    name: name ?? id,
    request,
    submitted: whole(fields.submitted) ?? 0,
    found: whole(fields.found) ?? 0,
    done: whole(fields.done) ?? 0,
    failed: whole(fields.failed) ?? 0,
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<VideoRecord>),
  };
}

/** Undefined for a record that this version cannot read; throws whatever else it was. */
function ifUnreadable(error: unknown): undefined {
  if (error instanceof QueueError && error.code === 'bad-payload') return undefined;
  throw error;
}

/** The videos that Redis knows: each changes in single steps, and only by those who work on its present run. */
export class Records {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Undefined where Redis does not know the video (any more). */
  async read(id: string): Promise<VideoRecord | undefined> {
    return readRecord(id, await this.#redis.hgetall(this.#keys.record(id)));
  }

  /** A video's name as it stands in outputs, also where nothing else of its record can be read. */
  async nameOf(id: string): Promise<string> {
    return (await this.#redis.hget(this.#keys.record(id), 'name')) ?? id;
  }

  /** Enters a video, or begins a finished one anew. Answers with its run, and whether it was `live` already. */
  async submit({ id, request, priority, name }: Submission): Promise<{ run: number; what: 'new' | 'again' | 'live' }> {
    const { record, open, finished, results, gaps } = this.#keys;
    const answer = await evaluate(
      this.#redis,
      SUBMIT,
      [record(id), open, finished, results(id), gaps(id)],
      [id, request, priority, name, Date.now()],
    );
    const [run, what] = answer as [number, 'new' | 'again' | 'live'];
    return { run, what };
  }

  /** Notes facts of a run. False where that run is not wanted any more. */
  async note(id: string, run: number, facts: Readonly<Record<string, string | number>>): Promise<boolean> {
    const fields = Object.entries(facts).flat();
    return (await evaluate(this.#redis, NOTE, [this.#keys.record(id)], [id, run, ...fields])) === 1;
  }

  /**
   * A worker cannot do a group of a run: notes why. Where nothing of the video got done for a while, it is set `aside`, so
   * that it takes no room from others: nothing of it is in flight then, and what was is decoded again later.
   */
  async refuse(id: string, run: number, why: string): Promise<'gone' | 'refused' | 'aside'> {
    const { record, held, frames } = this.#keys;
    const args = [id, run, why, Date.now(), REFUSED_AT_MOST_MS, ASIDE_MS];
    return (await evaluate(this.#redis, REFUSE, [record(id), held, frames(id)], args)) as 'gone' | 'refused' | 'aside';
  }

  /** The end of a run (`*`: of whichever): everything it held is freed. False where it is not wanted any more. */
  async finish(id: string, run: number | '*', state: FinalState, summary: string): Promise<boolean> {
    const { record, results, held, frames, gaps, open, finished } = this.#keys;
    const keepsResults = state === 'partial' || state === 'failed';
    const answer = await evaluate(
      this.#redis,
      FINISH,
      [record(id), results(id), held, frames(id), gaps(id), open, finished],
      [id, run, state, summary, Date.now(), RETENTION_MS, keepsResults ? 1 : 0],
    );
    return answer === 1;
  }

  /** The states of many videos, asked in few goes: undefined where Redis does not know one (any more). */
  async states(ids: readonly string[]): Promise<(VideoState | undefined)[]> {
    const states: (VideoState | undefined)[] = [];
    for (let at = 0; at < ids.length; at += 1000) {
      const pipeline = this.#redis.pipeline();
      for (const id of ids.slice(at, at + 1000)) pipeline.hget(this.#keys.record(id), 'state');
      for (const [error, state] of (await pipeline.exec()) ?? []) {
        if (error !== null) throw error;
        states.push((state as VideoState | null) ?? undefined);
      }
    }
    return states;
  }

  /** Forgets that a video is unfinished which nobody knows any more. */
  async dropOpen(id: string): Promise<void> {
    await this.#redis.zrem(this.#keys.open, id);
  }

  /** True for one caller in `ms`: what one of many services does for all. */
  async takeTurn(ms: number): Promise<boolean> {
    return (await this.#redis.set(this.#keys.turn, '1', 'PX', ms, 'NX')) === 'OK';
  }

  /** Unfinished videos, the oldest first, then finished ones, the last first; of those at most `most`. */
  async list(most = 1000): Promise<VideoRecord[]> {
    const open = await this.openIds();
    const finished = most === 0 ? [] : await this.#redis.zrange(this.#keys.finished, 0, most - 1, 'REV');
    const records: VideoRecord[] = [];
    const ids = [...new Set([...open, ...finished])];
    for (let at = 0; at < ids.length; at += 500) {
      // One that this version cannot read hides no other.
      const found = await Promise.all(ids.slice(at, at + 500).map((id) => this.read(id).catch(ifUnreadable)));
      records.push(...found.filter((record) => record !== undefined));
    }
    return records;
  }

  /** IDs of the unfinished videos, the oldest first. */
  openIds(): Promise<string[]> {
    return this.#redis.zrange(this.#keys.open, 0, -1);
  }

  /**
   * The full ID that `text` begins.
   * @throws QueueError `video-unknown` where none does, or several do
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
