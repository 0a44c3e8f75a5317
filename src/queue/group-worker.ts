import { hostname } from 'node:os';
import type { CaptionStore } from '../core/caption-store.ts';
import { sentenceOf } from '../core/errors.ts';
import { failedCaptions } from '../core/failed-captions.ts';
import { withMarks } from '../core/keyframe-marks.ts';
import type { Caption, Group } from '../core/types.ts';
import { QueueError } from './errors.ts';
import { unpackGroup } from './frames.ts';
import { type JobContext, JobLoop, RescheduleError } from './job-loop.ts';
import { type GroupKey, type GroupPayload, groupsQueue } from './jobs.ts';
import type { QueueContext } from './queue-context.ts';
import { ATTEMPTS } from './queues.ts';
import { isInfrastructureError } from './redis/connection.ts';

/** How a worker captions groups. */
export interface GroupWorker {
  /** SHA-256 of the model that it has: it takes groups for this one only. */
  readonly model: string;
  /** Groups at once. */
  readonly concurrency: number;
  /** What runs the model, for the results. */
  readonly runtime: string;
  /** Throws a RescheduleError where the model itself cannot run at present: then the group has not failed. */
  caption(group: Group, passes: 1 | 2, signal: AbortSignal): Promise<readonly Caption[]>;
  /** Called once for each outcome of a job. */
  onGroup(event: GroupEvent): void;
  /** Called with the reason when a job is dropped that this version of the program did not write. */
  onRejected(error: Error): void;
  /** Called for errors of connections and locks, which need no reaction. */
  readonly onTrouble: (error: Error) => void;
}

/** The outcome of a group's job. */
export type GroupEvent = GroupKey & {
  /**
   * `committed`: its captions are durable. `duplicate`: it had captions already. `cancelled`: the run is over. `frames-missing`: its
   * frames are gone, it is decoded again. `failed`: it is tried again. `failed-group`: it has failed for good and is committed without
   * captions. `postponed`: Redis or the frame store is away.
   */
  readonly outcome:
    | 'committed'
    | 'duplicate'
    | 'cancelled'
    | 'frames-missing'
    | 'failed'
    | 'failed-group'
    | 'postponed';
  readonly reason?: string;
  readonly keyframes?: number;
  readonly passes?: 1 | 2;
  /** From reading the frames to the commit. */
  readonly seconds?: number;
};

/** Why a whole group failed; undefined where at least one keyframe has a caption. */
function failureOf(captions: readonly Caption[]): string | undefined {
  return captions.every(({ error }) => error !== undefined) ? captions[0]?.error?.message : undefined;
}

/** The frames of a group; undefined where they are missing or damaged. Throws `frame-store`. */
async function readFrames({ frames }: QueueContext, { video, group }: GroupKey): Promise<Group | undefined> {
  const bytes = await frames.get(video, group);
  if (bytes === undefined) return undefined;
  try {
    const unpacked = unpackGroup(bytes);
    if (unpacked.index === group) return unpacked;
  } catch (error) {
    if (!(error instanceof QueueError)) throw error;
  }
  await frames.free(video, group);
  return undefined;
}

/** Captions a group, or says why that failed. Throws what is no failure of the group. */
async function captionsOf(worker: GroupWorker, group: Group, passes: 1 | 2, signal: AbortSignal) {
  try {
    const captions = withMarks(group, await worker.caption(group, passes, signal));
    return { captions, failure: failureOf(captions) };
  } catch (error) {
    if (signal.aborted || error instanceof RescheduleError || isInfrastructureError(error)) throw error;
    const failure = sentenceOf(error);
    return { captions: withMarks(group, failedCaptions(group, passes, failure)), failure };
  }
}

class GroupHandler {
  readonly #context: QueueContext;
  readonly #worker: GroupWorker;

  constructor(context: QueueContext, worker: GroupWorker) {
    this.#context = context;
    this.#worker = worker;
  }

  #report({ video, run, group }: GroupKey, event: Omit<GroupEvent, keyof GroupKey>): void {
    this.#worker.onGroup({ video, run, group, ...event });
  }

  #storeOf(payload: GroupPayload): CaptionStore {
    return this.#context.results.store(payload, { runtime: this.#worker.runtime, host: hostname() });
  }

  async handle(payload: GroupPayload, { signal, failures }: JobContext): Promise<void> {
    const { frames, inFlight } = this.#context;
    const store = this.#storeOf(payload);
    const { video, group: index, passes } = payload;
    const isDuplicate = (await store.read(index)) !== undefined;
    const group = isDuplicate ? undefined : await readFrames(this.#context, payload);
    if (group === undefined) {
      if (isDuplicate || (await store.read(index)) !== undefined) {
        await frames.free(video, index);
        this.#report(payload, { outcome: 'duplicate' });
        return;
      }
      // Its place is freed, or a decoder with no more room would wait for captions that nothing can write.
      await inFlight.release({ ...payload, group: index });
      this.#report(payload, { outcome: 'frames-missing' });
      return;
    }
    const began = performance.now();
    const { captions, failure } = await captionsOf(this.#worker, group, passes, signal);
    if (failure !== undefined && failures + 1 < ATTEMPTS.group) {
      this.#report(payload, { outcome: 'failed', reason: failure });
      throw new Error(failure);
    }
    await this.#commit(payload, captions, failure, began);
  }

  async #commit(payload: GroupPayload, captions: readonly Caption[], failure: string | undefined, began: number) {
    const outcome = await this.#storeOf(payload).append(payload.group, captions);
    await this.#context.frames.free(payload.video, payload.group);
    const seconds = (performance.now() - began) / 1000;
    const facts = { keyframes: captions.length, passes: payload.passes, seconds };
    if (outcome === 'committed' && failure !== undefined) {
      this.#report(payload, { ...facts, outcome: 'failed-group', reason: failure });
    } else this.#report(payload, { ...facts, outcome });
  }

  /** Too many workers died while they worked on the group: it is committed as failed, with the passes that it was queued for. */
  async fail(payload: GroupPayload, { message }: Error): Promise<void> {
    const group = await readFrames(this.#context, payload);
    // Without frames its keyframes are unknown: the reconciler has the group decoded again.
    if (group === undefined) return;
    const captions = withMarks(group, failedCaptions(group, payload.passes, message));
    await this.#commit(payload, captions, message, performance.now());
  }

  postponed(payload: GroupPayload, { message }: Error): void {
    this.#report(payload, { outcome: 'postponed', reason: message });
  }
}

/** Takes a model's groups from its queue, has them captioned, and makes the captions durable before the job counts as done. */
export function startGroupWorker(context: QueueContext, worker: GroupWorker): JobLoop<'group'> {
  const handler = new GroupHandler(context, worker);
  return new JobLoop(context, {
    kind: 'group',
    queue: groupsQueue(worker.model),
    concurrency: worker.concurrency,
    handle: (payload, job) => handler.handle(payload, job),
    onFailed: (payload, error) => handler.fail(payload, error),
    onRejected: (error) => worker.onRejected(error),
    onPostponed: (payload, error) => handler.postponed(payload, error),
    onTrouble: worker.onTrouble,
  });
}
