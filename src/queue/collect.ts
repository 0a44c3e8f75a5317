import { sleep } from '../core/sleep.ts';
import type { Caption } from '../core/types.ts';
import { QueueError } from './errors.ts';
import type { RunPayload } from './jobs.ts';
import type { QueueContext } from './queue-context.ts';
import { isOpen, type VideoRecord } from './redis/records.ts';

/** Results read in one go. */
const BATCH = 32;
/** Waiting for results: first so long, then longer. */
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 300;

/** A group's captions as the writer of tracks takes them. */
export interface CollectedGroup {
  readonly index: number;
  readonly captions: readonly Caption[];
}

/** The record of a run that is still wanted. Throws `video-gone`. */
export async function requireActiveRun(site: QueueContext, { video, run }: RunPayload): Promise<VideoRecord> {
  const record = await site.records.read(video);
  if (record !== undefined && isOpen(record.state) && record.run === run) return record;
  const what =
    record === undefined ? 'Redis has forgotten it' : record.run === run ? record.state : 'it was begun anew';
  throw new QueueError('video-gone', `${video} is not wanted any more: ${what}`);
}

/** Waits until `ready` gives something for the run's record. Throws `video-gone`, or the signal's reason. */
export async function waitFor<T>(
  site: QueueContext,
  of: RunPayload,
  ready: (record: VideoRecord) => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    const value = ready(await requireActiveRun(site, of));
    if (value !== undefined) return value;
    await sleep(wait, signal);
  }
}

/**
 * A run's results in order, each as soon as it is there and those before it are; ends when the decoder has said how many
 * there are, and all have come. `onRuntime` hears what ran the model. Throws `video-gone`, or the signal's reason.
 */
export async function* collectGroups(
  site: QueueContext,
  of: RunPayload,
  options: { readonly signal: AbortSignal; readonly onRuntime?: (runtime: string) => void },
): AsyncGenerator<CollectedGroup, void, undefined> {
  const { signal, onRuntime } = options;
  let next = 0;
  let wait = FIRST_WAIT_MS;
  for (;;) {
    signal.throwIfAborted();
    const { groups, report } = await requireActiveRun(site, of);
    if (report !== undefined && groups !== undefined && next >= groups) return;
    const from = next;
    for (const result of await site.results.read(of.video, next, next + BATCH)) {
      if (result === undefined) break;
      onRuntime?.(result.runtime);
      yield { index: next, captions: result.captions };
      next += 1;
    }
    if (next > from) {
      wait = FIRST_WAIT_MS;
      continue;
    }
    await sleep(wait, signal);
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
}
