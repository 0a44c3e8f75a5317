import { sourceOf } from '../captioning/input-identity.ts';
import { assertWritable } from '../captioning/outputs/output-status.ts';
import { writeOutputs } from '../captioning/outputs/write-outputs.ts';
import { readMedia, readReport, type VideoSummary } from '../captioning/queued/service-facts.ts';
import { readRequest, settingsOf, trackKey, type VideoRequest } from '../captioning/queued/video-request.ts';
import { failedInService, failedSummary, type InputSummary } from '../captioning/summary.ts';
import { stateDir } from '../config/state-folder.ts';
import { SecondGlanceError } from '../core/errors.ts';
import { collectGroups, requireActiveRun, waitFor } from '../queue/collect.ts';
import { QueueError } from '../queue/errors.ts';
import { type JobContext, JobLoop } from '../queue/job-loop.ts';
import { type RunPayload, TRACKS_QUEUE } from '../queue/jobs.ts';
import { ATTEMPTS } from '../queue/queues.ts';
import { isInfrastructureError } from '../queue/redis/connection.ts';
import type { VideoRecord } from '../queue/redis/record-schema.ts';
import { OutputError } from '../storage/errors.ts';
import { reportRejected, type Service, type ServiceContext, troubleLog } from './service.ts';

/** Writes a video's tracks while its captions come. */
async function writeTracks(
  { queue, guard }: ServiceContext,
  of: RunPayload,
  record: VideoRecord,
  request: VideoRequest,
  signal: AbortSignal,
): Promise<VideoSummary> {
  const { source, targets, identity } = request;
  const now = await queue.records.now();
  const began = performance.now() - (now - (record.begun ?? now));
  for (const { path } of targets) await guard.outputPath(path);
  const key = trackKey(request);
  const current = await assertWritable(stateDir(), targets, { key, source: sourceOf(identity), force: request.force });
  // An assembler that died may have written current tracks in this very run: then they are written again.
  const first = record.opened !== of.run;
  await queue.records.update(of, { opened: of.run });
  if (current && first && source.kind !== 'url') {
    const outputs = targets.map(({ path }) => path);
    return { ...failedSummary(source.name, ''), state: 'skipped', problems: [], outputs, runtimes: [] };
  }
  const media = readMedia(await waitFor(queue, of, (latest) => latest.media, signal));
  const runtimes = new Set<string>();
  const { summary } = await writeOutputs(
    {
      settings: settingsOf(request),
      model: request.model,
      stateDir: stateDir(),
      checkFolder: (folder) => guard.folder(folder),
      verbose: false,
      began,
      onProgress: () => undefined,
    },
    { identity, targets, key },
    {
      source,
      media,
      groups: collectGroups(queue, of, { signal, onRuntime: (runtime) => runtimes.add(runtime) }),
      report: async () => readReport(await waitFor(queue, of, ({ report }) => report, signal)),
      limit: 1,
    },
  );
  return { ...summary, runtimes: [...runtimes].sort() };
}

async function finish({ queue }: ServiceContext, { video, run }: RunPayload, summary: InputSummary): Promise<void> {
  await queue.records.finish(video, run, summary.state, JSON.stringify(summary));
  await queue.frames.freeAll(video);
}

async function finishFailed(context: ServiceContext, of: RunPayload, error: unknown): Promise<void> {
  await finish(context, of, failedInService(await context.queue.records.nameOf(of.video), error));
}

async function handle(context: ServiceContext, of: RunPayload, job: JobContext): Promise<void> {
  const { queue, log, metrics } = context;
  try {
    const record = await requireActiveRun(queue, of);
    const summary = await writeTracks(context, of, record, readRequest(record.request), job.signal);
    await finish(context, of, summary);
    log.info({ ...of, state: summary.state, keyframes: summary.keyframes, outputs: summary.outputs }, 'written');
  } catch (error) {
    if (error instanceof QueueError && error.code === 'video-gone') {
      log.info({ ...of, reason: error.message }, 'run is over');
      return;
    }
    if (job.signal.aborted || isInfrastructureError(error)) throw error;
    metrics.failed(error);
    // Another assembler whose lock had expired may have been faster: the next attempt finds its tracks current.
    const changed = error instanceof OutputError && error.code === 'output-changed';
    const retryable = changed || !(error instanceof SecondGlanceError) || error.retryable;
    if (retryable && job.failures + 1 < ATTEMPTS.tracks) throw new Error((error as Error).message, { cause: error });
    log.warn({ ...of, err: error }, 'tracks failed');
    await finishFailed(context, of, error);
  }
}

/** The assembler: writes the tracks of up to `concurrency` videos at once. Waiting for captions costs next to nothing. */
export function assembleService(context: ServiceContext, concurrency: number): Service {
  const { queue, log } = context;
  const loop = new JobLoop(queue, {
    kind: 'tracks',
    queue: TRACKS_QUEUE,
    concurrency,
    handle: (of, job) => handle(context, of, job),
    onFailed: (of, error) => finishFailed(context, of, error),
    onRejected: (error) => reportRejected(context, error),
    onPostponed: (of, error) => log.warn({ ...of, reason: error.message }, 'postponed'),
    onTrouble: troubleLog(log, 'queue'),
  });
  return { running: () => loop.running, stop: () => loop.stop(0) };
}
