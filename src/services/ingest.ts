import { stat } from 'node:fs/promises';
import { readRequest, type VideoRequest } from '../captioning/queued/video-request.ts';
import { SecondGlanceError } from '../core/errors.ts';
import type { Group } from '../core/types.ts';
import { underGuard } from '../ingest/access/guard.ts';
import { IngestError } from '../ingest/errors.ts';
import { probe } from '../ingest/probe/probe.ts';
import { readKeyframes } from '../ingest/read-keyframes.ts';
import { asInputError, type Source } from '../ingest/sources/sources.ts';
import { requireActiveRun } from '../queue/collect.ts';
import { enqueueGroups, type FlightLimits, lostGroups } from '../queue/enqueue-groups.ts';
import { QueueError } from '../queue/errors.ts';
import { groupKeyframes } from '../queue/group-keyframes.ts';
import { type JobContext, JobLoop, RescheduleError } from '../queue/job-loop.ts';
import { type RunPayload, readPayload, runPayload } from '../queue/jobs.ts';
import { PRIORITIES, type Priority, videosQueue } from '../queue/names.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import { VIDEO_ATTEMPTS } from '../queue/queues.ts';
import { ASIDE_MS } from '../queue/redis/records.ts';
import { dropped, failedSummary } from './ending.ts';
import type { Service, ServiceContext } from './service.ts';

/** A file that is another one than when it was submitted: its tracks would be filed under what is gone. */
class InputChangedError extends SecondGlanceError<'input-changed'> {
  constructor(label: string) {
    super('input-changed', `"${label}" has changed since it was submitted: submit it again`);
  }
}

/** How far clocks and disks of two machines may tell the time of a change apart, in milliseconds. */
const SAME_TIME_MS = 2000;

/** Throws where a file is another one by now. */
async function checkSame({ input, label }: Source, { identity }: VideoRequest): Promise<void> {
  if (!('size' in identity)) return;
  const found = await stat(input).catch((error: unknown) => {
    throw asInputError(error, label);
  });
  const same = found.size === identity.size && Math.abs(found.mtimeMs - identity.changed) < SAME_TIME_MS;
  if (!same) throw new InputChangedError(label);
}

async function* noted(groups: AsyncIterable<Group>, onGroup: (group: Group) => void): AsyncGenerator<Group> {
  for await (const group of groups) {
    onGroup(group);
    yield group;
  }
}

/** Decodes a video and puts its groups in flight, again and again until none is lost. */
async function decode(
  context: ServiceContext,
  of: RunPayload,
  limits: FlightLimits,
  signal: AbortSignal,
): Promise<void> {
  const { site } = context;
  const record = await requireActiveRun(site, of);
  const request = readRequest(record.request);
  const { video, run } = of;
  if (record.state === 'queued') await site.records.note(video, run, { state: 'running', begun: Date.now() });
  await underGuard(context.guard, request.source, (source) =>
    decodeSource(context, of, { source, request, priority: record.priority }, limits, signal),
  );
}

/** The same for a source that may be read. */
async function decodeSource(
  context: ServiceContext,
  of: RunPayload,
  { source, request, priority }: { source: Source; request: VideoRequest; priority: Priority },
  limits: FlightLimits,
  signal: AbortSignal,
): Promise<void> {
  const { site, log, metrics } = context;
  const { video, run } = of;
  await checkSame(source, request);
  const media = await probe(source, { signal });
  await site.records.note(video, run, { media: JSON.stringify(media) });
  await site.queues.addTracks(of, priority);
  const feed = { ...of, priority, model: request.model.sha256, passes: request.passes };
  for (let pass = 1; ; pass += 1) {
    const reader = readKeyframes(source, media, {
      choice: request.choice,
      image: request.image,
      ...(request.from === undefined ? {} : { from: request.from }),
      ...(request.to === undefined ? {} : { to: request.to }),
      signal,
    });
    const groups = noted(groupKeyframes(reader), ({ keyframes }) => metrics.found(keyframes.length));
    const count = await enqueueGroups(site, feed, groups, limits, signal);
    const lost = await lostGroups(site, of, count);
    if (lost.length === 0) {
      await site.records.note(video, run, { report: JSON.stringify(await reader.report), groups: count });
      log.info({ video, groups: count, pass }, 'decoded');
      return;
    }
    log.warn({ video, groups: lost.length, pass }, 'groups were forgotten: decoding again');
  }
}

/** What is to be done about a failure: `again` where another try may help, `end` where the video has failed. */
function verdict(error: unknown, context: JobContext): 'gone' | 'again' | 'end' {
  if (error instanceof QueueError && error.code === 'video-gone') return 'gone';
  if (context.signal.aborted) return 'again';
  const retryable = error instanceof SecondGlanceError ? error.retryable : true;
  return retryable && context.failures + 1 < VIDEO_ATTEMPTS ? 'again' : 'end';
}

async function handle(context: ServiceContext, limits: FlightLimits, data: unknown, job: JobContext): Promise<void> {
  const { site, log, metrics } = context;
  const of = readPayload(runPayload, data, 'a job in the queue of videos');
  const { video, run } = of;
  try {
    await decode(context, of, limits, job.signal);
  } catch (error) {
    if (error instanceof QueueError && error.code === 'video-aside') {
      // Its place is for videos that somebody can caption.
      log.warn({ video, run, reason: error.message }, 'set aside for a while');
      throw new RescheduleError(ASIDE_MS, error.message);
    }
    const what = verdict(error, job);
    if (what === 'gone') {
      log.info({ video, run, reason: (error as Error).message }, 'dropped');
      return;
    }
    if (!job.signal.aborted) metrics.failed(error);
    if (what === 'again') throw error instanceof IngestError && error.retryable ? error : asRetryable(error);
    log.warn({ video, run, err: error }, 'video failed');
    await end(site, of, error);
  }
}

function asRetryable(error: unknown): unknown {
  return error instanceof SecondGlanceError && !error.retryable ? new Error(error.message, { cause: error }) : error;
}

async function end(site: QueueContext, { video, run }: RunPayload, error: unknown): Promise<void> {
  const summary = failedSummary(await site.records.nameOf(video), error);
  await site.records.finish(video, run, 'failed', JSON.stringify(summary));
  await site.frames.freeAll(video);
}

/** The ingest service: for each priority it decodes up to `concurrency` videos at once. */
export function ingestService(context: ServiceContext, concurrency: number): Service {
  const { site, settings, log } = context;
  const limits = { perVideo: settings.inFlightPerVideo, inAll: settings.inFlight };
  const loops = PRIORITIES.map(
    (priority) =>
      new JobLoop(site, {
        queue: videosQueue(priority),
        concurrency,
        handle: (data, job) => handle(context, limits, data, job),
        onFailed: async (data, error) => {
          const read = runPayload.safeParse(data);
          if (read.success) await end(site, read.data, error);
          else dropped(context, error);
        },
        onTrouble: (error) => log.debug({ err: error }, 'queue'),
      }),
  );
  return {
    running: () => loops.reduce((sum, loop) => sum + loop.running, 0),
    // A video takes hours: it is given back at once, and what is in flight of it stays.
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop(0)));
    },
  };
}
