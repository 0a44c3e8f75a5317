import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { remember } from '../../captioning/queued/submitted.ts';
import { makeRequest, requestId } from '../../captioning/queued/video-request.ts';
import { waitForVideos } from '../../captioning/queued/wait-for-videos.ts';
import type { InputSummary } from '../../captioning/summary.ts';
import { SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import type { Keyframe } from '../../core/types.ts';
import { frameAt } from '../../ingest/decode/frame-at.ts';
import { probe } from '../../ingest/probe/probe.ts';
import { asInputError } from '../../ingest/sources/sources.ts';
import { cancelVideo, submitVideo } from '../../queue/control.ts';
import type { QueueContext } from '../../queue/queue-context.ts';
import { type RedisPlace, redisError } from '../../queue/redis/connection.ts';
import type { Submission } from '../../queue/redis/records.ts';
import { IndexWriter } from '../index/index-cues.ts';
import { keepPictures, withThumbnails } from '../index/thumbnails.ts';
import type { Recording } from '../recordings/recordings.ts';
import { sourceAt } from '../recordings/register.ts';
import type { AttemptRequest } from './attempt.ts';
import { captionSettings, type DescribeContext } from './caption-local.ts';
import { WindowClosedError } from './errors.ts';
import { placesFor } from './targets.ts';
import type { RecordingCaptioner } from './watch-context.ts';

/** So many recordings are with the services at once: enough that none of them waits for this process. */
const SLOTS = 8;

/** What is read of the JSON track that services wrote. Times are seconds. */
const trackSchema = z.object({
  source: z.object({
    start: z.number(),
    duration: z.number(),
    damage: z.object({ code: z.string(), message: z.string() }).optional(),
  }),
  keyframes: z.array(
    z.object({
      index: z.int(),
      pts: z.number(),
      still: z.boolean(),
      draft: z.string(),
      text: z.string(),
      confidence: z.number(),
      passes: z.union([z.literal(1), z.literal(2)]),
      error: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
  cues: z.array(z.object({ start: z.number(), end: z.number(), text: z.string(), from: z.array(z.int()) })),
});
type Track = z.infer<typeof trackSchema>;

/** Ends of a job that say nothing of the recording. */
const PASSING: ReadonlySet<string> = new Set(['input-changed', 'video-gone', 'captions-failed']);

/** What services say of a recording that they could not describe. */
class ServiceFailure extends SecondGlanceError {
  constructor(code: string, message: string) {
    super(code, message, { retryable: PASSING.has(code) });
  }
}

function micros(seconds: number): number {
  return Math.round(seconds * 1e6);
}

/**
 * Has services describe recordings (see `submit`), several at once. They write the tracks; what the archive takes comes from
 * a JSON track that they write beside them, which goes again. Pictures are decoded here, of the frames that cues speak of.
 */
export class QueuedRecordingCaptioner implements RecordingCaptioner {
  readonly slots = SLOTS;
  readonly #context: DescribeContext;
  readonly #site: QueueContext;
  readonly #place: RedisPlace;

  constructor(context: DescribeContext, site: QueueContext, place: RedisPlace) {
    this.#context = context;
    this.#site = site;
    this.#place = place;
  }

  async ready(): Promise<void> {}

  async rest(): Promise<void> {}

  async describe({ recording, plan, night, signal }: AttemptRequest): Promise<InputSummary> {
    const { db, settings, bundle, reporter, onIndexed } = this.#context;
    const [targets = []] = placesFor(db, recording, settings);
    const [first] = targets;
    const track = first?.path ?? recording.path;
    const began = performance.now();
    const own = captionSettings(this.#context, plan);
    const notes = path.join(path.dirname(track), `.${path.basename(track)}.${recording.content.slice(0, 8)}.json`);
    const { size, mtimeMs } = await stat(recording.path).catch((error: unknown) => {
      throw asInputError(error, recording.path);
    });
    const identity = { path: recording.path, size, changed: mtimeMs };
    const source = { ...sourceAt(recording), kind: 'file' as const };
    const request = makeRequest(source, identity, [...targets, { format: 'json', path: notes }], own, bundle);
    const id = requestId(request);
    const submission = { id, request: JSON.stringify(request), priority: 'low' as const, name: source.name };
    const summary = await this.#wait(submission, signal).catch((error: unknown) => {
      throw redisError(error, this.#place);
    });
    const read = trackSchema.parse(JSON.parse(await readFile(notes, 'utf8')));
    const looked = { frames: plan.frames, passes: plan.passes, track, began, night };
    const writer = new IndexWriter(db, settings.stateFile, recording, looked, onIndexed);
    await this.#pictures(recording, read, signal, reporter.note);
    await index(writer, read);
    await keepPictures(db, settings.stateFile, recording.id);
    await rm(notes, { force: true });
    return { ...summary, outputs: targets.map((target) => target.path) };
  }

  async #wait(submission: Submission, signal: AbortSignal): Promise<InputSummary> {
    const silent = { begin() {}, progress() {}, note: this.#context.reporter.note, end() {}, close() {} };
    await remember(this.#site, submission);
    await submitVideo(this.#site, submission);
    const [summary] = await waitForVideos(this.#site, [submission], silent, signal);
    // What is captioned already is kept for the next window.
    if (signal.reason instanceof WindowClosedError) {
      await cancelVideo(this.#site, submission.id).catch(() => undefined);
    }
    signal.throwIfAborted();
    if (summary !== undefined && summary.state !== 'failed') return summary;
    const [problem] = summary?.problems ?? [];
    throw new ServiceFailure(problem?.code ?? 'failed', problem?.message ?? 'services could not describe it');
  }

  /** The pictures of what cues speak of. A missing picture is no reason to have no words. */
  async #pictures(
    recording: Recording,
    track: Track,
    signal: AbortSignal,
    note: (line: string) => void,
  ): Promise<void> {
    const { settings, bundle } = this.#context;
    const { image } = bundle;
    const source = sourceAt(recording);
    const shown = new Set(track.cues.map(({ from }) => from[0]));
    try {
      const media = await probe(source, { signal });
      const frames = async function* (): AsyncGenerator<Keyframe> {
        for (const { index, pts, still } of track.keyframes.filter((each) => shown.has(each.index))) {
          const frame = await frameAt(source, media, micros(pts) - media.start, image, signal);
          if (frame === undefined) continue;
          const { width, height } = image;
          yield { video: source.name, index, pts: frame.pts, still, width, height, pixels: frame.pixels };
        }
      };
      const place = { stateFile: settings.stateFile, recording: recording.id };
      for await (const _ of withThumbnails(frames(), place, media, image));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SecondGlanceError) || error.retryable) throw error;
      note(`${recording.path}: no pictures of it: ${sentenceOf(error)}`);
    }
  }
}

/** Hands a track that services wrote to the archive, as if it were written now. */
async function index(writer: IndexWriter, { source, keyframes, cues }: Track): Promise<void> {
  const zero = micros(source.start);
  let next = 0;
  for (const { start, end, text, from } of cues) {
    for (; next < keyframes.length && next <= (from.at(-1) ?? 0); next++) await take(writer, keyframes[next]);
    await writer.cue({ start: micros(start), end: micros(end), text, from });
  }
  for (; next < keyframes.length; next++) await take(writer, keyframes[next]);
  const { damage } = source;
  await writer.finish({ end: zero + micros(source.duration), ...(damage === undefined ? {} : { damage }) });
}

async function take(writer: IndexWriter, keyframe: Track['keyframes'][number] | undefined): Promise<void> {
  if (keyframe === undefined) return;
  const { pts, error, ...rest } = keyframe;
  await writer.caption({ ...rest, video: '', pts: micros(pts), ...(error === undefined ? {} : { error }) });
}
