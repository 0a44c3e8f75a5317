import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { recordedBy } from '../captioning/caption-source.ts';
import { readRequest, type VideoRequest } from '../captioning/queued/video-request.ts';
import { failedInService } from '../captioning/summary.ts';
import { SecondGlanceError } from '../core/errors.ts';
import type { Group } from '../core/types.ts';
import { underGuard } from '../ingest/access/guard.ts';
import { groupKeyframes } from '../ingest/group-keyframes.ts';
import { probe } from '../ingest/probe/probe.ts';
import { readKeyframes } from '../ingest/read-keyframes.ts';
import { asInputError, type Source } from '../ingest/sources/sources.ts';
import { requireActiveRun } from '../queue/collect.ts';
import { enqueueGroups, type InFlightLimits, lostGroups } from '../queue/enqueue-groups.ts';
import { QueueError } from '../queue/errors.ts';
import { type JobContext, JobLoop, RescheduleError } from '../queue/job-loop.ts';
import { type RunPayload, videosQueue } from '../queue/jobs.ts';
import { PRIORITIES, type Priority } from '../queue/priority.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import { ATTEMPTS } from '../queue/queues.ts';
import { DECODES_AT_ONCE, lostReason } from '../queue/reconcile.ts';
import { isInfrastructureError } from '../queue/redis/connection.ts';
import { WorkerError } from '../workers/errors.ts';
import { installedImage } from '../workers/families/installed-images.ts';
import { reportRejected, type Service, type ServiceContext, troubleLog } from './service.ts';

/** The file changed after it was submitted: its tracks would be recorded for the old one. */
class InputChangedError extends SecondGlanceError<'input-changed'> {
  constructor(label: string) {
    super('input-changed', `"${label}" has changed since it was submitted: submit it again`);
  }
}

/** Modification times of one file, seen by two machines, may differ by so many milliseconds. */
const SAME_TIME_MS = 2000;

async function checkUnchanged({ input, label }: Source, { identity }: VideoRequest): Promise<void> {
  if (!('size' in identity)) return;
  const found = await stat(input).catch((error: unknown) => {
    throw asInputError(error, label);
  });
  const same = found.size === identity.size && Math.abs(found.mtimeMs - identity.changed) < SAME_TIME_MS;
  if (!same) throw new InputChangedError(label);
}

async function* tap(groups: AsyncIterable<Group>, onGroup: (group: Group) => void): AsyncGenerator<Group> {
  for await (const group of groups) {
    onGroup(group);
    yield group;
  }
}

/** One job: decodes a video and puts its groups in flight. */
class VideoHandler {
  readonly #context: ServiceContext;
  readonly #limits: InFlightLimits;

  constructor(context: ServiceContext) {
    const { inFlight, inFlightPerVideo } = context.settings;
    this.#context = context;
    this.#limits = { perModel: inFlight, perVideo: inFlightPerVideo };
  }

  async handle(of: RunPayload, job: JobContext): Promise<void> {
    const { log, metrics } = this.#context;
    try {
      await this.#decode(of, job.signal);
    } catch (error) {
      if (job.signal.aborted || isInfrastructureError(error) || error instanceof RescheduleError) throw error;
      if (error instanceof QueueError && error.code === 'video-gone') {
        log.info({ ...of, reason: error.message }, 'run is over');
        return;
      }
      // Other videos of the same queue must not wait for a worker that may never come.
      if (error instanceof QueueError && error.code === 'no-worker') throw await this.#park(of, error.message);
      metrics.failed(error);
      const retryable = !(error instanceof SecondGlanceError) || error.retryable;
      if (retryable && job.failures + 1 < ATTEMPTS.video) throw error;
      log.warn({ ...of, err: error }, 'video failed');
      await finishFailed(this.#context.queue, of, error);
    }
  }

  async #decode(of: RunPayload, signal: AbortSignal): Promise<void> {
    const { queue, guard } = this.#context;
    const { request: json, state, priority, model } = await requireActiveRun(queue, of);
    const request = readRequest(json);
    await this.#checkImage(request);
    if (state === 'queued' || model === undefined) await queue.records.begin(of, request.model.sha256);
    await underGuard(guard, request.source, (source) => this.#decodeSource(of, source, request, priority, signal));
  }

  /** A request may ask for any size: what the model does not take is not decoded. A model that this machine does not have is not compared. */
  async #checkImage({ image, model }: VideoRequest): Promise<void> {
    const { images } = this.#context;
    const known = images.get(model.sha256) ?? (await installedImage(model.sha256));
    if (known === undefined) return;
    images.set(model.sha256, known);
    if (isDeepStrictEqual(known, image)) return;
    const size = `${image.width}x${image.height} pixels (${image.resize})`;
    throw new WorkerError('picture-size', `${model.name} takes no pictures of ${size}: submit the video again`);
  }

  async #decodeSource(of: RunPayload, source: Source, request: VideoRequest, priority: Priority, signal: AbortSignal) {
    const { queue, log, metrics } = this.#context;
    await checkUnchanged(source, request);
    const media = await probe(source, { signal });
    await queue.records.update(of, { media: JSON.stringify(media) });
    await queue.queues.addTracks(of, priority);
    const producer = { ...of, priority, model: request.model.sha256, passes: request.passes };
    for (;;) {
      const reader = readKeyframes(source, media, {
        choice: request.choice,
        image: request.image,
        events: request.events ?? false,
        ...(request.from === undefined ? {} : { from: request.from }),
        ...(request.to === undefined ? {} : { to: request.to }),
        signal,
      });
      const groups = tap(groupKeyframes(reader, recordedBy(request.recorded, media)), ({ keyframes }) =>
        metrics.found(keyframes.length),
      );
      const count = await enqueueGroups(queue, producer, groups, this.#limits, signal);
      const lost = await lostGroups(queue, producer, count);
      if (lost.length === 0) {
        await queue.records.update(of, { report: JSON.stringify(await reader.report), groups: count });
        log.info({ video: of.video, groups: count }, 'decoded');
        return;
      }
      log.warn({ video: of.video, groups: lost.length }, 'groups were lost: decoding again');
      const decoded = await queue.records.countDecodedAgain(of);
      if (decoded > DECODES_AT_ONCE) throw await this.#park(of, lostReason(lost.length));
    }
  }

  /** Gives the error that postpones the video's job. */
  async #park(of: RunPayload, reason: string): Promise<RescheduleError> {
    const { queue, log } = this.#context;
    log.warn({ ...of, reason }, 'parked');
    await queue.records.update(of, { blockedReason: reason });
    return new RescheduleError(queue.timings.parkMs, reason);
  }
}

async function finishFailed(queue: QueueContext, { video, run }: RunPayload, error: unknown): Promise<void> {
  const summary = failedInService(await queue.records.nameOf(video), error);
  await queue.records.finish(video, run, 'failed', JSON.stringify(summary));
  await queue.frames.freeAll(video);
}

/** The ingest service: decodes up to `concurrency` videos at once for each priority. */
export function ingestService(context: ServiceContext, concurrency: number): Service {
  const { queue, log } = context;
  const handler = new VideoHandler(context);
  const loops = PRIORITIES.map(
    (priority) =>
      new JobLoop(queue, {
        kind: 'video',
        queue: videosQueue(priority),
        concurrency,
        handle: (of, job) => handler.handle(of, job),
        onFailed: (of, error) => finishFailed(queue, of, error),
        onRejected: (error) => reportRejected(context, error),
        onPostponed: (of, error) => log.warn({ ...of, reason: error.message }, 'postponed'),
        onTrouble: troubleLog(log, 'queue'),
      }),
  );
  return {
    running: () => loops.reduce((sum, loop) => sum + loop.running, 0),
    // Decoding can take hours: the job is returned at once, and its groups in flight stay.
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop(0)));
    },
  };
}
