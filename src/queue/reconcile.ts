import { failedCaptions } from '../core/failed-captions.ts';
import { lostGroups } from './enqueue-groups.ts';
import { QueueError } from './errors.ts';
import { framesOf } from './group-worker.ts';
import type { QueueContext } from './queue-context.ts';
import { isOpen, type VideoRecord } from './redis/records.ts';

/** One sweep of a site in so long; a video that was lost sight of waits about this long. */
const TURN_MS = 4000;
/** Of the videos that wait to be begun so many are looked at in one sweep: a folder of ten thousand costs no more. */
const WAITING_AT_ONCE = 250;

/** What a sweep put right. */
export interface Repair {
  readonly video: string;
  readonly what: string;
}

/** Groups that BullMQ gave up (whoever held them died too often): their keyframes become a gap. */
async function giveUpFailed(site: QueueContext, { id: video, run }: VideoRecord, count: number): Promise<number> {
  let gaps = 0;
  for (const group of await site.results.missing(video, count)) {
    const place = { video, run, group };
    const state = await site.queues.groupState(place);
    if (state === undefined || state === 'live') continue;
    // Without whole frames there is nothing to say of them: they count as forgotten, and are decoded again.
    const frames = await framesOf(site, place);
    if (frames !== undefined) {
      const captions = failedCaptions(frames, 2, state.reason);
      await site.results.commit(place, { captions, runtime: 'none', host: 'none' });
      await site.frames.free(video, group);
      gaps += 1;
    }
    await site.queues.removeGroup(place);
  }
  return gaps;
}

async function mend(site: QueueContext, record: VideoRecord): Promise<string[]> {
  const { id: video, run, priority, state, media, report, groups } = record;
  const of = { video, run };
  const mended: string[] = [];
  if (state === 'running' && media !== undefined && !(await site.queues.hasTracks(of))) {
    await site.queues.addTracks(of, priority);
    mended.push('nobody wrote its tracks');
  }
  if (await site.queues.hasVideo(of, priority)) return mended;
  if ((record.aside ?? 0) > Date.now()) return mended;
  if (report === undefined || groups === undefined) {
    await site.queues.addVideo(of, priority);
    mended.push('nobody decoded it');
    return mended;
  }
  const gaps = await giveUpFailed(site, record, groups);
  if (gaps > 0) mended.push(`${gaps} groups were given up`);
  const lost = await lostGroups(site, of, groups);
  if (lost.length > 0) {
    await site.queues.addVideo(of, priority);
    mended.push(`${lost.length} groups were forgotten: they are decoded again`);
  }
  return mended;
}

/** The videos to look at this time: all that run, and some of those that wait, others each time. */
async function chosen(site: QueueContext): Promise<string[]> {
  const ids = await site.records.openIds();
  const states = await site.records.states(ids);
  const waiting = ids.filter((_, at) => states[at] === 'queued');
  const others = ids.filter((_, at) => states[at] !== 'queued');
  const from = Math.floor(Math.random() * waiting.length);
  const window = Array.from({ length: Math.min(WAITING_AT_ONCE, waiting.length) }, (_, at) => from + at);
  return [...others, ...window.map((at) => waiting[at % waiting.length] as string)];
}

async function look(site: QueueContext, id: string): Promise<string[]> {
  const record = await site.records.read(id);
  if (record === undefined) await site.records.dropOpen(id);
  if (record === undefined || !isOpen(record.state)) return [];
  // It may have ended since it was read; then what is put back here finds it gone, and ends.
  return mend(site, record);
}

/**
 * Looks at unfinished videos: is there a job for what is left to do? After a crash of Redis, which forgets its last
 * moments, or of whoever was about to put a job there, some are missing; they are put back. Every service may call this
 * as often as it likes: it does something where nobody else has for a few seconds. What no version of
 * this program wrote is told of and left alone, so that it keeps nobody from the others.
 */
export async function reconcileQueues(site: QueueContext, signal: AbortSignal): Promise<Repair[]> {
  const all: Repair[] = [];
  if (!(await site.records.takeTurn(TURN_MS))) return all;
  for (const video of await chosen(site)) {
    signal.throwIfAborted();
    try {
      for (const what of await look(site, video)) all.push({ video, what });
    } catch (error) {
      if (!(error instanceof QueueError) || error.code !== 'bad-payload') throw error;
      await site.records.dropOpen(video);
      all.push({ video, what: error.message });
    }
  }
  return all;
}
