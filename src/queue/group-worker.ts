import { hostname } from 'node:os';
import { sentenceOf } from '../core/errors.ts';
import { failedCaptions } from '../core/failed-captions.ts';
import type { Caption, Group } from '../core/types.ts';
import { QueueError } from './errors.ts';
import { unpackGroup } from './frames.ts';
import type { GroupWork } from './in-process.ts';
import { JobLoop, RescheduleError } from './job-loop.ts';
import { type GroupPayload, type GroupPlace, groupPayload, readPayload } from './jobs.ts';
import { GROUPS_QUEUE } from './names.ts';
import type { QueueContext } from './queue-context.ts';
import { MOST_FAILURES } from './queues.ts';

/** A group that another worker has to take is offered again after this long. */
const REFUSED_MS = 1000;

/** What a worker does with groups. */
export interface GroupWorker {
  /** Groups at once. */
  readonly concurrency: number;
  /** What runs the model, as results say it. */
  readonly runtime: string;
  /** Why this worker cannot take the group (it has another bundle); undefined where it can. */
  refuse(payload: GroupPayload): string | undefined;
  /** The work itself, for so many passes. */
  work(passes: 1 | 2): GroupWork;
  /** Told how each group went. */
  onGroup(event: GroupEvent): void;
  /** Hears of a job that nobody takes up again: this program did not write it, or it died with too many of its holders. */
  onDropped(error: Error): void;
  readonly onTrouble: (error: Error) => void;
}

/** How a group went. */
export type GroupEvent = GroupPlace & {
  /**
   * `kept`: its result counts. `twice`: it had one. `gone`: nobody wants it any more. `lost`: its frames were gone, they
   * are decoded again. `failed`: it is tried again. `gap`: it was given up. `refused`: for another worker.
   */
  readonly what: 'kept' | 'twice' | 'gone' | 'lost' | 'failed' | 'gap' | 'refused';
  readonly reason?: string;
  readonly keyframes?: number;
  readonly passes?: 1 | 2;
  /** From the frames to the result. */
  readonly seconds?: number;
};

/** Why a whole group failed; undefined where any of its captions is one. */
function failureOf(captions: readonly Caption[]): string | undefined {
  return captions.every(({ error }) => error !== undefined) ? captions[0]?.error?.message : undefined;
}

/** The frames of a group; undefined where they are gone, or were damaged and are gone now. */
export async function framesOf(site: QueueContext, { video, group }: GroupPlace): Promise<Group | undefined> {
  const bytes = await site.frames.get(video, group);
  if (bytes === undefined) return undefined;
  try {
    return unpackGroup(bytes);
  } catch (error) {
    if (!(error instanceof QueueError)) throw error;
    await site.frames.free(video, group);
    return undefined;
  }
}

/** The captions of a group, or those of a gap after its last failure. Throws what makes it be tried again. */
async function captionsOf(taker: GroupWorker, group: Group, passes: 1 | 2, failures: number, signal: AbortSignal) {
  const last = failures + 1 >= MOST_FAILURES;
  try {
    const captions = await taker.work(passes)(group, signal);
    const failure = failureOf(captions);
    return failure === undefined || last ? { captions, failure } : { failure };
  } catch (error) {
    if (signal.aborted) throw error;
    const failure = sentenceOf(error);
    return last ? { captions: failedCaptions(group, passes, failure), failure } : { failure };
  }
}

/**
 * Takes groups from the queue, gives them to the work, and makes their results durable before their jobs count as done.
 * A group that was done already is not done again.
 */
export function startGroupWorker(site: QueueContext, taker: GroupWorker): JobLoop {
  const { runtime, onGroup } = taker;
  return new JobLoop(site, {
    queue: GROUPS_QUEUE,
    concurrency: taker.concurrency,
    onFailed: async (_, error) => taker.onDropped(error),
    onTrouble: taker.onTrouble,
    async handle(data, { signal, failures }) {
      const payload = readPayload(groupPayload, data, 'a job in the queue of groups');
      const { video, run, group: at, passes } = payload;
      const place = { video, run, group: at };
      const refusal = taker.refuse(payload);
      if (refusal !== undefined) {
        const how = await site.records.refuse(video, run, refusal);
        onGroup({ ...place, what: how === 'gone' ? 'gone' : 'refused', reason: refusal });
        if (how === 'refused') throw new RescheduleError(REFUSED_MS, refusal);
        await site.frames.free(video, at);
        return;
      }
      if (await site.results.has(place)) {
        await site.frames.free(video, at);
        onGroup({ ...place, what: 'twice' });
        return;
      }
      const group = await framesOf(site, place);
      if (group === undefined) {
        // Without its job the group counts as lost, and whoever watches over the video has it decoded again.
        onGroup({ ...place, what: (await site.results.has(place)) ? 'twice' : 'lost' });
        return;
      }
      const began = performance.now();
      const { captions, failure } = await captionsOf(taker, group, passes, failures, signal);
      if (captions === undefined) {
        onGroup({ ...place, what: 'failed', reason: failure });
        throw new Error(failure);
      }
      const kept = await site.results.commit(place, { captions: [...captions], runtime, host: hostname() });
      await site.frames.free(video, at);
      const seconds = (performance.now() - began) / 1000;
      const told = { ...place, keyframes: captions.length, passes, seconds };
      if (kept === 'kept' && failure !== undefined) onGroup({ ...told, what: 'gap', reason: failure });
      else onGroup({ ...told, what: kept });
    },
  });
}
