import { sleep } from '../core/time/sleep.ts';
import { lostGroups, noWorkerReason } from './enqueue-groups.ts';
import { QueueError } from './errors.ts';
import { modelPrefix } from './jobs.ts';
import type { QueueContext } from './queue-context.ts';
import { moveForeignKeys, moveForeignKeysOf, moveForeignKeysOfQueues } from './redis/foreign-keys.ts';
import type { GroupInFlight } from './redis/in-flight.ts';
import type { VideoRecord } from './redis/record-schema.ts';
import { isOpen } from './redis/records.ts';

/** Queued videos that one turn checks; running ones are checked in every turn. */
const QUEUED_AT_ONCE = 250;
/** So often a video is decoded again at once for groups that were lost; after that it is parked in between. */
export const DECODES_AT_ONCE = 3;

/** Something that was put right. */
export interface Repair {
  /** Absent where it concerns all videos. */
  readonly video?: string;
  readonly what: string;
}

/** The record of a video; undefined where there is none or it is unreadable. */
async function readable({ records }: QueueContext, id: string): Promise<VideoRecord | undefined> {
  return records.read(id).catch((error: unknown) => {
    if (error instanceof QueueError && error.code === 'bad-payload') return undefined;
    throw error;
  });
}

/** Groups in flight that have no job: their worker died at the wrong moment, or Redis lost the job. */
async function orphans(context: QueueContext, among: readonly GroupInFlight[]): Promise<GroupInFlight[]> {
  const found: GroupInFlight[] = [];
  const records = new Map<string, VideoRecord | undefined>();
  for (const member of among) {
    const { video, group } = member;
    if (!records.has(video)) records.set(video, await readable(context, video));
    const record = records.get(video);
    const active = record !== undefined && isOpen(record.state) && modelPrefix(record.model ?? '') === member.model;
    const key = { video, group, run: record?.run ?? 0 };
    if (!active || !(await context.queues.hasGroup(member.model, key))) found.push(member);
  }
  return found;
}

/** Frees the places of orphans, so that a decoder that waits for room goes on. */
async function releaseOrphans(context: QueueContext, signal: AbortSignal): Promise<Repair[]> {
  const suspects = await orphans(context, await context.inFlight.list());
  if (suspects.length === 0) return [];
  // A decoder stores the frames of a group between its admission and its job.
  await sleep(context.timings.orphanMs, signal);
  const repairs: Repair[] = [];
  for (const orphan of await orphans(context, suspects)) {
    await context.inFlight.release(orphan);
    repairs.push({ video: orphan.video, what: `group ${orphan.group} was in flight without a job` });
  }
  return repairs;
}

/** Decodes a video again for its lost groups: at once, or after a while where that has not helped several times. */
async function decodeAgain(context: QueueContext, record: VideoRecord, lost: number): Promise<void> {
  const { id: video, run, priority } = record;
  const park = (await context.records.countDecodedAgain({ video, run })) > DECODES_AT_ONCE;
  if (park) await context.records.update({ video, run }, { blockedReason: lostReason(lost) });
  await context.queues.addVideo({ video, run }, priority, park ? context.timings.parkMs : 0);
}

/** The sentence for groups that are lost again and again. */
export function lostReason(lost: number): string {
  return `${lost} groups were lost again and again: check that every worker can read the frame store`;
}

async function reconcileVideo(context: QueueContext, record: VideoRecord): Promise<string[]> {
  const { queues } = context;
  const { id: video, run, priority, state, model, media, report, groups } = record;
  const of = { video, run };
  const repairs: string[] = [];
  if (state === 'running' && media !== undefined && !(await queues.hasTracks(of))) {
    await queues.addTracks(of, priority);
    repairs.push('its tracks had no job');
  }
  if (await queues.hasVideo(of, priority)) return repairs;
  if (report === undefined || groups === undefined || model === undefined) {
    await queues.addVideo(of, priority);
    return [...repairs, 'its decoding had no job'];
  }
  const lost = await lostGroups(context, { ...of, model }, groups);
  if (lost.length > 0) {
    await decodeAgain(context, record, lost.length);
    repairs.push(`${lost.length} groups were lost: they are decoded again`);
  }
  return repairs;
}

/** Says in the records of running videos that no worker has their model. */
async function noteMissingWorkers(context: QueueContext, records: readonly VideoRecord[]): Promise<void> {
  const served = new Map<string, boolean>();
  for (const { id: video, run, state, model, blockedReason } of records) {
    if (state !== 'running' || model === undefined) continue;
    const known = served.get(model) ?? (await context.queues.hasWorker(model));
    served.set(model, known);
    const reason = noWorkerReason(video, model);
    if (!known && blockedReason === undefined) await context.records.update({ video, run }, { blockedReason: reason });
    else if (known && blockedReason === reason) await context.records.clearBlocked({ video, run });
  }
}

/** The videos to check in this turn: all running ones, and some of the queued ones, which differ from turn to turn. */
async function selectVideos({ records }: QueueContext): Promise<string[]> {
  const ids = await records.openIds();
  const states = await records.states(ids);
  const queued = ids.filter((_, at) => states[at] === 'queued');
  const others = ids.filter((_, at) => states[at] !== 'queued');
  const from = Math.floor(Math.random() * queued.length);
  return [...others, ...[...queued.slice(from), ...queued.slice(0, from)].slice(0, QUEUED_AT_ONCE)];
}

function movedAway(key: string): string {
  return `the key ${key} held what secondglance never wrote, and was moved away`;
}

/**
 * Finds unfinished work without a job and queues it again: Redis loses its last writes in a crash, and a process may die before it adds
 * a job. Every service may call this at any time; one of them does the work in each period. A record that this version did not write is
 * reported and removed from the open videos.
 */
export async function reconcileQueues(context: QueueContext, signal: AbortSignal): Promise<Repair[]> {
  const { redis, keys, records, inFlight, timings } = context;
  if (!(await records.takeTurn(timings.reconcileMs))) return [];
  const moved = await moveForeignKeys(redis, keys);
  const names = (await context.queues.all()).map(({ name }) => name);
  moved.push(...(await moveForeignKeysOfQueues(redis, context.prefix, names)));
  const repairs: Repair[] = moved.map((key) => ({ what: movedAway(key) }));
  const members = await inFlight.dropUnreadable();
  if (members > 0) repairs.push({ what: `${members} members of the groups in flight were not ours` });
  for (const id of await records.dropForeignIds()) {
    repairs.push({ what: `${id.slice(0, 100)} is not the ID of a video and was removed from the list of videos` });
  }
  repairs.push(...(await releaseOrphans(context, signal)));
  const running: VideoRecord[] = [];
  for (const video of await selectVideos(context)) {
    signal.throwIfAborted();
    try {
      const record = await context.records.read(video);
      if (record === undefined) await context.records.dropOpen(video);
      // It may end after it was read; a job that is added then finds the run over.
      if (record === undefined || !isOpen(record.state)) continue;
      running.push(record);
      const foreign = record.state === 'running' ? await moveForeignKeysOf(redis, keys, video) : [];
      for (const key of foreign) repairs.push({ video, what: movedAway(key) });
      for (const what of await reconcileVideo(context, record)) repairs.push({ video, what });
    } catch (error) {
      if (!(error instanceof QueueError) || error.code !== 'bad-payload') throw error;
      await context.records.dropOpen(video);
      await moveForeignKeysOf(redis, keys, video);
      repairs.push({ video, what: error.message });
    }
  }
  await noteMissingWorkers(context, running);
  return repairs;
}
