import { z } from 'zod';
import { sourceOf } from '../captioning/input-identity.ts';
import { assertWritable } from '../captioning/output-status.ts';
import { readRequest, settingsOf, trackKey, type VideoRequest } from '../captioning/queued/video-request.ts';
import type { InputSummary } from '../captioning/summary.ts';
import { writeOutputs } from '../captioning/write-outputs.ts';
import { SecondGlanceError } from '../core/errors.ts';
import type { IngestReport } from '../ingest/decode/damage.ts';
import type { MediaInfo } from '../ingest/probe/media-info.ts';
import { collectGroups, requireActiveRun, waitFor } from '../queue/collect.ts';
import { QueueError } from '../queue/errors.ts';
import { type JobContext, JobLoop } from '../queue/job-loop.ts';
import { type RunPayload, readPayload, runPayload } from '../queue/jobs.ts';
import { TRACKS_QUEUE } from '../queue/names.ts';
import { VIDEO_ATTEMPTS } from '../queue/queues.ts';
import type { VideoRecord } from '../queue/redis/records.ts';
import { OutputError } from '../storage/errors.ts';
import { stateDir } from '../storage/state-folder.ts';
import { dropped, failedSummary } from './ending.ts';
import type { Service, ServiceContext } from './service.ts';

/** What the ingest service wrote of a source: its own work, so only its outline is checked. */
const mediaSchema = z.looseObject({ container: z.string(), start: z.int() });
const reportSchema = z.looseObject({ end: z.int(), zero: z.int() });

function parsed<T>(schema: z.ZodType, json: string): T {
  return schema.parse(JSON.parse(json)) as T;
}

/** The end of a video, as its record keeps it. */
export interface VideoSummary extends InputSummary {
  /** What ran the model: several where its workers were not alike. */
  readonly runtimes: readonly string[];
}

/** Writes a video's tracks as its results come. */
async function write(
  context: ServiceContext,
  of: RunPayload,
  record: VideoRecord,
  request: VideoRequest,
  signal: AbortSignal,
): Promise<VideoSummary> {
  const { site } = context;
  const { source, targets, identity } = request;
  const settings = settingsOf(request);
  const began = performance.now() - (Date.now() - (record.begun ?? Date.now()));
  for (const { path } of targets) await context.guard.outputPath(path);
  const key = trackKey(request);
  const current = await assertWritable(stateDir(), targets, { key, source: sourceOf(identity), force: request.force });
  // Begun before, by one that died: then what stands there may be its own work, and is written once more.
  const first = record.opened !== of.run;
  await site.records.note(of.video, of.run, { opened: of.run });
  if (current && first && source.kind !== 'url') {
    const outputs = targets.map(({ path }) => path);
    return { ...failedSummary(source.name, ''), state: 'skipped', problems: [], outputs, runtimes: [] };
  }
  const media = parsed<MediaInfo>(mediaSchema, await waitFor(site, of, (now) => now.media, signal));
  const runtimes = new Set<string>();
  const { summary } = await writeOutputs(
    { settings, model: request.model, stateDir: stateDir(), verbose: false, began, onProgress: () => undefined },
    { identity, targets, key },
    {
      source,
      media,
      groups: collectGroups(site, of, { signal, onRuntime: (runtime) => runtimes.add(runtime) }),
      report: async () => parsed<IngestReport>(reportSchema, await waitFor(site, of, (now) => now.report, signal)),
      limit: 1,
    },
  );
  return { ...summary, runtimes: [...runtimes].sort() };
}

async function finish(context: ServiceContext, { video, run }: RunPayload, summary: InputSummary): Promise<void> {
  await context.site.records.finish(video, run, summary.state, JSON.stringify(summary));
  await context.site.frames.freeAll(video);
}

async function handle(context: ServiceContext, data: unknown, job: JobContext): Promise<void> {
  const { site, log, metrics } = context;
  const of = readPayload(runPayload, data, 'a job in the queue of tracks');
  const { video, run } = of;
  try {
    const record = await requireActiveRun(site, of);
    const summary = await write(context, of, record, readRequest(record.request), job.signal);
    await finish(context, of, summary);
    log.info({ video, run, state: summary.state, keyframes: summary.keyframes, outputs: summary.outputs }, 'written');
  } catch (error) {
    if (error instanceof QueueError && error.code === 'video-gone') {
      log.info({ video, run, reason: error.message }, 'dropped');
      return;
    }
    if (job.signal.aborted) throw error;
    metrics.failed(error);
    // Another assembler that had been given up may have been faster: the next look finds its track current.
    const changed = error instanceof OutputError && error.code === 'output-changed';
    const retryable = changed || !(error instanceof SecondGlanceError) || error.retryable;
    if (retryable && job.failures + 1 < VIDEO_ATTEMPTS) throw new Error((error as Error).message, { cause: error });
    log.warn({ video, run, err: error }, 'tracks failed');
    await finish(context, of, failedSummary(await site.records.nameOf(video), error));
  }
}

/** The assembler: writes the tracks of up to `concurrency` videos at once; waiting for results costs it next to nothing. */
export function assembleService(context: ServiceContext, concurrency: number): Service {
  const { site, log } = context;
  const loop = new JobLoop(site, {
    queue: TRACKS_QUEUE,
    concurrency,
    handle: (data, job) => handle(context, data, job),
    onFailed: async (data, error) => {
      const read = runPayload.safeParse(data);
      if (!read.success) return dropped(context, error);
      await finish(context, read.data, failedSummary(await site.records.nameOf(read.data.video), error));
    },
    onTrouble: (error) => log.debug({ err: error }, 'queue'),
  });
  return { running: () => loop.running, stop: () => loop.stop(0) };
}
