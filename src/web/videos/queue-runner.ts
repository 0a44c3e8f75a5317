import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { parseServiceTrack } from '../../archive/captioners/service-track.ts';
import { identify } from '../../captioning/input-identity.ts';
import { readMedia } from '../../captioning/queued/service-facts.ts';
import { deleteSubmission, recordSubmissions, resubmitLost } from '../../captioning/queued/submitted.ts';
import { makeRequest, requestId, type VideoRequest } from '../../captioning/queued/video-request.ts';
import { progressOf, summaryOf } from '../../captioning/queued/wait-for-videos.ts';
import { isErrorCode } from '../../core/catalogue/catalogue.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import { untilAbort } from '../../core/lifetime/until-abort.ts';
import { sleep } from '../../core/time/sleep.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import type { QueueContext } from '../../queue/queue-context.ts';
import type { WorkerCounts } from '../../queue/queues.ts';
import { isInfrastructureError } from '../../queue/redis/connection.ts';
import type { VideoOutline } from '../../queue/redis/record-schema.ts';
import type { Submission } from '../../queue/redis/records.ts';
import { isOpen } from '../../queue/redis/records.ts';
import { cancelVideo, submitVideo } from '../../queue/video-control.ts';
import { ensureStateFolder } from '../../storage/folders/ensure-folder.ts';
import { loadModel, type ModelChoice } from '../../workers/load-model.ts';
import type { StoredVideo } from '../store/documents.ts';
import { ArrivingCaptions } from './arriving-captions.ts';
import type { DataFolder } from './data-folder.ts';
import { trackSettings } from './track-settings.ts';
import type { RunObserver, RunOutcome, VideoRunner } from './video-runner.ts';
import { type AccessLists, guardOf, sourceOf } from './video-source.ts';

/** Videos that are submitted at once: the services decide how many they work on. */
const CONCURRENCY = 100;
const POLL_MS = 500;
/** How long Redis may take to cancel a video. */
const CANCEL_MS = 5000;
/** How long Redis may take to count workers. */
const COUNT_MS = 2000;

/** A video that the services could not caption. */
class ServiceFailure extends SecondGlanceError {
  constructor(code: string, message: string) {
    super(isErrorCode(code) ? code : 'unexpected', message, { retryable: true });
  }
}

function identityOf(identity: Awaited<ReturnType<typeof identify>>, source: Source): VideoRequest['identity'] {
  if (source.kind === 'url' || identity === undefined) return { url: source.input };
  return { path: String(identity.path), size: Number(identity.size), changed: Number(identity.changed) };
}

/** Has the services behind Redis caption videos. They read the videos and write the tracks, so the folders are shared with them. */
export class QueueRunner implements VideoRunner {
  readonly kind = 'redis';
  readonly concurrency = CONCURRENCY;
  readonly #queue: QueueContext;
  readonly #data: DataFolder;
  readonly #lists: AccessLists;
  readonly #model: ModelChoice | undefined;

  constructor(queue: QueueContext, data: DataFolder, lists: AccessLists, model: ModelChoice | undefined) {
    this.#queue = queue;
    this.#data = data;
    this.#lists = lists;
    this.#model = model;
  }

  async caption(video: StoredVideo, observer: RunObserver, signal: AbortSignal): Promise<RunOutcome> {
    const data = this.#data;
    const source = await sourceOf(video);
    const { kind } = source;
    if (kind === 'stdin') throw new TypeError('stdin is no video of the page');
    // The services check it again, by their own lists.
    const guard = await guardOf(video, data, this.#lists);
    await (kind === 'url' ? guard.url(source.input) : guard.path(source.input));
    const model = await loadModel(video.options.model ?? this.#model);
    observer.model(model.model);
    await ensureStateFolder(data.video(video.id));
    const settings = trackSettings(video.options, { passes: 2, minConfidence: model.minConfidence });
    const targets = (['vtt', 'json'] as const).map((format) => ({ format, path: data.track(video.id, format) }));
    const identity = identityOf(await identify(source), source);
    const request = makeRequest({ ...source, kind }, identity, targets, { ...settings, force: true }, model);
    const id = requestId(request);
    const submission = { id, request: JSON.stringify(request), priority: 'normal' as const, name: source.name };
    await recordSubmissions(this.#queue, [submission]);
    const arriving = new ArrivingCaptions(this.#queue, id, observer);
    const ended = await this.#run(submission, arriving, observer, signal);
    await deleteSubmission(this.#queue, id);
    const { state, problems } = summaryOf(ended);
    if (state === 'failed') {
      const [problem] = problems;
      throw new ServiceFailure(problem?.code ?? 'unexpected', problem?.message ?? 'the services could not caption it');
    }
    // The track has what was not seen while it arrived.
    arriving.finish(parseServiceTrack(await readFile(data.track(video.id, 'json'), 'utf8')));
    return { state: state === 'partial' ? 'partial' : 'done', problems };
  }

  /** Has the services caption a video. A Redis that is away answers once it is back: who stops the video does not wait for that. */
  async #run(
    submission: Submission,
    arriving: ArrivingCaptions,
    observer: RunObserver,
    signal: AbortSignal,
  ): Promise<VideoOutline> {
    try {
      await untilAbort(submitVideo(this.#queue, submission), signal);
      return await this.#wait(submission.id, arriving, observer, signal);
    } catch (error) {
      // What is captioned stays for the next run. The services go on where only this server ends.
      if (signal.aborted && signal.reason !== 'shutdown') await this.#cancel(submission.id);
      throw error;
    }
  }

  async #wait(
    id: string,
    arriving: ArrivingCaptions,
    observer: RunObserver,
    signal: AbortSignal,
  ): Promise<VideoOutline> {
    let opened = false;
    for (;;) {
      signal.throwIfAborted();
      try {
        const [outline] = await untilAbort(this.#queue.records.outlines([id]), signal);
        if (outline instanceof Error) throw outline;
        if (outline === undefined) await untilAbort(resubmitLost(this.#queue), signal);
        else {
          if (!isOpen(outline.state)) return outline;
          if (outline.media !== undefined) {
            const media = readMedia(outline.media);
            if (!opened) observer.media(media);
            opened = true;
            await arriving.read(media.start, signal);
          }
          const { keyframes, covered } = progressOf(outline);
          observer.progress(keyframes, covered / 1e6);
        }
      } catch (error) {
        // Redis is away for a moment: the services wait for it as well.
        if (!isInfrastructureError(error)) throw error;
      }
      await sleep(POLL_MS, signal).catch(() => undefined);
    }
  }

  /** Cancels a video of the services: now, or when Redis is back. */
  async #cancel(id: string): Promise<void> {
    const late = setTimeout(CANCEL_MS, undefined, { ref: false });
    await Promise.race([cancelVideo(this.#queue, id).catch(() => undefined), late]);
  }

  /** The services remove what they have captioned once a track is written. */
  async forget(): Promise<void> {}

  workers(): Promise<WorkerCounts | undefined> {
    const late = setTimeout(COUNT_MS, undefined, { ref: false });
    return Promise.race([this.#queue.queues.workers().catch(() => undefined), late]);
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}
