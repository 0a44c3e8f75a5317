import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { recordSubmissions } from '../../captioning/queued/submitted.ts';
import { makeRequest, requestId } from '../../captioning/queued/video-request.ts';
import { waitForVideos } from '../../captioning/queued/wait-for-videos.ts';
import type { InputSummary } from '../../captioning/summary.ts';
import { isErrorCode } from '../../core/catalogue/catalogue.ts';
import { SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import type { Keyframe } from '../../core/types.ts';
import { exactImage } from '../../ingest/decode/filters.ts';
import { frameAt } from '../../ingest/decode/frame-at.ts';
import { probe } from '../../ingest/probe/probe.ts';
import { asInputError } from '../../ingest/sources/sources.ts';
import type { QueueContext } from '../../queue/queue-context.ts';
import { type RedisPlace, redisError } from '../../queue/redis/connection.ts';
import type { Submission } from '../../queue/redis/records.ts';
import { cancelVideo, submitVideo } from '../../queue/video-control.ts';
import { IndexWriter } from '../index/index-cues.ts';
import { keepPictures, pictureFile, withThumbnails } from '../index/thumbnails.ts';
import type { Recording } from '../recordings/recordings.ts';
import { sourceAt } from '../recordings/register.ts';
import { WindowClosedError } from '../watch/errors.ts';
import { eventLines } from '../watch/event-lines.ts';
import { candidateTargets } from './candidate-targets.ts';
import type { CaptionContext } from './local-captioner.ts';
import { planSettings } from './plan-settings.ts';
import type { CaptionRequest, RecordingCaptioner } from './recording-captioner.ts';
import { micros, parseServiceTrack, replayEvents, replayTrack, type ServiceTrack } from './service-track.ts';

/** Recordings that are submitted at once, so that the services never wait for this process. */
const CONCURRENCY = 8;

/**
 * A recording that the services could not caption. The catalogue decides whether a retry may help; where that depends on the single
 * error, which a summary does not carry, it may: a recording is tried a few times only.
 */
class ServiceFailure extends SecondGlanceError {
  constructor(code: string, message: string) {
    super(isErrorCode(code) ? code : 'unexpected', message, { retryable: true });
  }
}

/**
 * Has the services caption recordings (see `submit`), several at once. They write the tracks; the index is built from a
 * temporary JSON track beside them, and thumbnails of the cues' frames are decoded here.
 */
export class QueuedRecordingCaptioner implements RecordingCaptioner {
  readonly concurrency = CONCURRENCY;
  readonly #context: CaptionContext;
  readonly #queue: QueueContext;
  readonly #place: RedisPlace;

  constructor(context: CaptionContext, queue: QueueContext, place: RedisPlace) {
    this.#context = context;
    this.#queue = queue;
    this.#place = place;
  }

  async prepare(): Promise<void> {}

  async release(): Promise<void> {}

  async caption({ recording, plan, session, signal }: CaptionRequest): Promise<InputSummary> {
    const { db, settings, model, reporter, onIndexed } = this.#context;
    const [targets = []] = candidateTargets(db, recording, settings);
    const [first] = targets;
    const track = first?.path ?? recording.path;
    const began = performance.now();
    const own = planSettings(plan, model, settings, recording);
    const json = path.join(path.dirname(track), `.${path.basename(track)}.${recording.content.slice(0, 8)}.json`);
    const { size, mtimeMs } = await stat(recording.path).catch((error: unknown) => {
      throw asInputError(error, recording.path);
    });
    const identity = { path: recording.path, size, changed: mtimeMs };
    const source = { ...sourceAt(recording), kind: 'file' as const };
    const request = makeRequest(source, identity, [...targets, { format: 'json', path: json }], own, model);
    const id = requestId(request);
    const submission = { id, request: JSON.stringify(request), priority: 'low' as const, name: source.name };
    const summary = await this.#submitAndWait(submission, signal).catch((error: unknown) => {
      throw redisError(error, this.#place);
    });

    const written = parseServiceTrack(await readFile(json, 'utf8'));
    const record = { frames: plan.frames, passes: plan.passes, track, began, session };
    const writer = new IndexWriter(db, settings.stateFile, recording, record, onIndexed);
    await this.#storeThumbnails(recording, written, signal, reporter.note);
    await replayTrack(written, writer);
    if (settings.events && !settings.quiet) await replayEvents(written, eventLines(recording, settings.zone, reporter));
    await keepPictures(db, settings.stateFile, recording.id);
    await rm(json, { force: true });
    return { ...summary, outputs: targets.map((target) => target.path) };
  }

  async #submitAndWait(submission: Submission, signal: AbortSignal): Promise<InputSummary> {
    const silent = { phase() {}, begin() {}, progress() {}, note: this.#context.reporter.note, end() {}, close() {} };
    await recordSubmissions(this.#queue, [submission]);
    await submitVideo(this.#queue, submission);
    const [summary] = await waitForVideos(this.#queue, [submission], silent, signal);
    // Captions that are done are kept for the next window.
    if (signal.reason instanceof WindowClosedError) {
      await cancelVideo(this.#queue, submission.id).catch(() => undefined);
    }
    signal.throwIfAborted();
    if (summary !== undefined && summary.state !== 'failed') return summary;
    const [problem] = summary?.problems ?? [];
    throw new ServiceFailure(problem?.code ?? 'failed', problem?.message ?? 'the services could not caption it');
  }

  /** Stores thumbnails of the frames that cues refer to. A missing thumbnail does not fail the recording. */
  async #storeThumbnails(
    recording: Recording,
    track: ServiceTrack,
    signal: AbortSignal,
    note: (line: string) => void,
  ): Promise<void> {
    const { settings, model } = this.#context;
    const source = sourceAt(recording);
    const shown = new Set(track.cues.map(({ from }) => from[0]));
    try {
      const media = await probe(source, { signal });
      const image = exactImage(media, model.image);
      const frames = async function* (): AsyncGenerator<Keyframe> {
        for (const { index, pts, still } of track.keyframes.filter((each) => shown.has(each.index))) {
          const frame = await frameAt(source, media, micros(pts) - media.start, image, signal);
          if (frame === undefined) continue;
          const { width, height } = image;
          yield { video: source.name, index, pts: frame.pts, still, width, height, pixels: frame.pixels };
        }
      };
      const fileOf = (index: number): string => pictureFile(settings.stateFile, recording.id, index);
      for await (const _ of withThumbnails(frames(), fileOf, media, image));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SecondGlanceError) || error.retryable) throw error;
      note(`${recording.path}: no thumbnails: ${sentenceOf(error)}`);
    }
  }
}
