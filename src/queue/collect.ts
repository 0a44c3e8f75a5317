import { sleep } from '../core/time/sleep.ts';
import type { Caption } from '../core/types.ts';
import { QueueError } from './errors.ts';
import type { RunPayload } from './jobs.ts';
import type { QueueContext } from './queue-context.ts';
import type { VideoRecord } from './redis/record-schema.ts';
import { isOpen } from './redis/records.ts';
import type { GroupResult } from './redis/results.ts';

/** Results read at once. */
const BATCH = 32;
/** Polling for results: shortest and longest pause. */
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 300;

/** A group's captions, for the track writer. */
export interface CollectedGroup {
  readonly index: number;
  readonly captions: readonly Caption[];
}

/** The record of a run that is still active. Throws `video-gone`. */
export async function requireActiveRun({ records }: QueueContext, { video, run }: RunPayload): Promise<VideoRecord> {
  const record = await records.read(video);
  if (record !== undefined && isOpen(record.state) && record.run === run) return record;
  const what =
    record === undefined
      ? 'Redis has no record of it'
      : record.run === run
        ? `it is ${record.state}`
        : 'it was restarted';
  throw new QueueError('video-gone', `the run of ${video} is over: ${what}`);
}

/** Polls the run's record until `ready` returns something. Throws `video-gone`, or the signal's reason. */
export async function waitFor<T>(
  context: QueueContext,
  of: RunPayload,
  ready: (record: VideoRecord) => T | undefined | Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    const value = await ready(await requireActiveRun(context, of));
    if (value !== undefined) return value;
    await sleep(wait, signal);
  }
}

/**
 * A run's captions in order, each group as soon as it and those before it are durable. Ends after the last group, once the decoder has
 * reported how many there are. `onRuntime` is called with what ran the model. Throws `video-gone`, or the signal's reason.
 */
export async function* collectGroups(
  context: QueueContext,
  of: RunPayload,
  options: { readonly signal: AbortSignal; readonly onRuntime?: (runtime: string) => void },
): AsyncGenerator<CollectedGroup, void, undefined> {
  const { signal, onRuntime } = options;
  let next = 0;
  /** The results that come next; none after the last group. */
  const nextResults = async ({ groups, report }: VideoRecord): Promise<GroupResult[] | undefined> => {
    if (report !== undefined && groups !== undefined && next >= groups) return [];
    const ready: GroupResult[] = [];
    for (const result of await context.results.read(of.video, next, next + BATCH)) {
      if (result === undefined) break;
      ready.push(result);
    }
    return ready.length === 0 ? undefined : ready;
  };
  for (;;) {
    const ready = await waitFor(context, of, nextResults, signal);
    if (ready.length === 0) return;
    for (const { runtime, captions } of ready) {
      onRuntime?.(runtime);
      yield { index: next, captions };
      next += 1;
    }
  }
}
