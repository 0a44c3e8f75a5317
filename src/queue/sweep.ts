import { lostGroups } from './feed.ts';
import { unpackGroup } from './frames.ts';
import { isOpen, type VideoRecord } from './records.ts';
import type { Site } from './site.ts';
import { gapOf } from './take.ts';

/** One sweep of a site in so long; a video that was lost sight of waits about this long. */
const TURN_MS = 4000;

/** What a sweep put right. */
export interface Mended {
  readonly video: string;
  readonly what: string;
}

/** Groups that BullMQ gave up (whoever held them died too often): their keyframes become a gap. */
async function giveUpFailed(site: Site, { id: video, run }: VideoRecord, count: number): Promise<number> {
  let gaps = 0;
  for (const group of await site.results.missing(video, count)) {
    const place = { video, run, group };
    const state = await site.queues.groupState(place);
    if (state === undefined || state === 'live') continue;
    const bytes = await site.frames.get(video, group);
    if (bytes !== undefined) {
      const captions = gapOf(unpackGroup(bytes), 2, state.reason);
      await site.results.commit(place, { captions, runtime: 'none', host: 'none' });
      await site.frames.free(video, group);
      gaps += 1;
    }
    await site.queues.removeGroup(place);
  }
  return gaps;
}

async function mend(site: Site, record: VideoRecord): Promise<string[]> {
  const { id: video, run, priority, state, media, report, groups } = record;
  const of = { video, run };
  const mended: string[] = [];
  if (state === 'running' && media !== undefined && !(await site.queues.hasTracks(of))) {
    await site.queues.addTracks(of, priority);
    mended.push('nobody wrote its tracks');
  }
  if (await site.queues.hasVideo(of, priority)) return mended;
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

/**
 * Looks at every unfinished video: is there a job for what is left to do? After a crash of Redis, which forgets its last
 * moments, or of whoever was about to put a job there, some are missing; they are put back. Every service may call this
 * as often as it likes: it does something where nobody else has for a few seconds.
 */
export async function sweep(site: Site, signal: AbortSignal): Promise<Mended[]> {
  const all: Mended[] = [];
  if (!(await site.records.takeTurn(TURN_MS))) return all;
  for (const id of await site.records.openIds()) {
    signal.throwIfAborted();
    const record = await site.records.read(id);
    if (record === undefined) await site.records.dropOpen(id);
    if (record === undefined || !isOpen(record.state)) continue;
    // It may have ended since it was read; then what is put back here finds it gone, and ends.
    for (const what of await mend(site, record)) all.push({ video: id, what });
  }
  return all;
}
