import { problemOf } from '../../captioning/summary.ts';
import { ERROR_CATALOGUE, isErrorCode } from '../../core/catalogue/catalogue.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import type { Log } from '../../services/service.ts';
import type { StoredVideo } from '../store/documents.ts';
import type { VideoStore } from '../store/video-store.ts';
import { mediaView } from './media-view.ts';
import { PaceMeter } from './pace.ts';
import type { Pace } from './video-answer.ts';
import type { VideoNews } from './video-news.ts';
import type { RunObserver, StopReason, VideoRunner } from './video-runner.ts';

/** Progress is stored and reported at most so often. */
const PROGRESS_MS = 500;

interface Run {
  readonly controller: AbortController;
  readonly pace: PaceMeter;
  readonly ended: Promise<void>;
  /** Why it was asked to stop: the last word counts. */
  reason: StopReason | undefined;
  /** The video's length, in seconds, where it is known. */
  duration: number | undefined;
  covered: number;
}

function storedProblem({ code, message }: { readonly code: string; readonly message: string }) {
  const retryable = isErrorCode(code) && ERROR_CATALOGUE[code].retryable === true;
  return { code, message, retryable };
}

/** Runs the videos of the queue, in their order, as many at once as the runner takes. */
export class RunQueue {
  readonly #store: VideoStore;
  readonly #runner: VideoRunner;
  readonly #news: VideoNews;
  readonly #log: Log;
  readonly #runs = new Map<string, Run>();
  #closed = false;

  constructor(store: VideoStore, runner: VideoRunner, news: VideoNews, log: Log) {
    this.#store = store;
    this.#runner = runner;
    this.#news = news;
    this.#log = log;
  }

  /** How fast a video is captioned now. */
  paceOf(id: string): Pace {
    const run = this.#runs.get(id);
    if (run === undefined) return { stopping: false };
    const { speed } = run.pace;
    const known = speed !== undefined && speed > 0 && run.duration !== undefined;
    return {
      stopping: run.controller.signal.aborted,
      ...(speed === undefined ? {} : { speed }),
      ...(known ? { left: Math.max(0, ((run.duration ?? 0) - run.covered) / speed) } : {}),
    };
  }

  /** Starts what waits, as far as there is room. Call it after every change of the queue. */
  fill(): void {
    if (this.#closed) return;
    const room = this.#runner.concurrency - this.#runs.size;
    if (room <= 0) return;
    for (const video of this.#store.queued(room)) if (!this.#runs.has(video.id)) this.#begin(video);
  }

  /** Asks a running video to stop. False where it does not run. `ended` settles once it has stopped. */
  stop(id: string, reason: StopReason): Promise<void> | undefined {
    const run = this.#runs.get(id);
    if (run === undefined) return undefined;
    run.reason = reason;
    run.controller.abort(reason);
    return run.ended;
  }

  #begin(video: StoredVideo): void {
    const controller = new AbortController();
    const { id } = video;
    const run: Run = {
      controller,
      reason: undefined,
      pace: new PaceMeter(),
      duration: undefined,
      covered: 0,
      ended: Promise.resolve().then(() => this.#work(video, controller)),
    };
    this.#runs.set(id, run);
  }

  async #work(video: StoredVideo, controller: AbortController): Promise<void> {
    const { id } = video;
    try {
      await this.#caption(video, controller.signal);
    } catch (error) {
      this.#log.error({ err: error, video: id }, 'the result of a video could not be stored');
    } finally {
      this.#runs.delete(id);
      if (this.#store.find(id) !== undefined) this.#news.changed(id, true);
      this.fill();
    }
  }

  async #caption({ id, name }: StoredVideo, signal: AbortSignal): Promise<void> {
    const store = this.#store;
    store.clearTrack(id);
    store.update(id, { state: 'running', begun: Date.now(), keyframes: 0, covered: 0, cues: 0, problems: [] });
    this.#news.changed(id, true);
    this.#log.info({ video: id, name }, 'captioning');
    const run = this.#runs.get(id);
    const observer = new StoringObserver(id, store, this.#news, run);
    try {
      const { state, problems } = await this.#runner.caption(store.get(id), observer, signal);
      store.update(id, { ...observer.progressNow, state, ended: Date.now(), problems: problems.map(storedProblem) });
      this.#log.info({ video: id, state }, 'captioned');
    } catch (error) {
      if (store.find(id) === undefined) return;
      const progress = observer.progressNow;
      if (signal.aborted) store.update(id, { ...progress, ...stoppedState(run?.reason ?? 'shutdown') });
      else {
        const { code, message } = problemOf(error, false);
        const retryable = error instanceof SecondGlanceError && error.retryable;
        store.update(id, { ...progress, state: 'failed', ended: Date.now(), problems: [{ code, message, retryable }] });
        this.#log.warn({ err: error, video: id, code }, 'a video failed');
      }
    }
  }

  /** Stops all runs; their videos are queued for the next start of the server. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#runs.keys()].map((id) => this.stop(id, 'shutdown')));
  }
}

function stoppedState(reason: StopReason): Partial<StoredVideo> & Pick<StoredVideo, 'state'> {
  if (reason === 'shutdown') return { state: 'queued' };
  return reason === 'pause' ? { state: 'paused' } : { state: 'cancelled', ended: Date.now() };
}

/** Stores what a run reports, and passes it on to the clients. */
class StoringObserver implements RunObserver {
  readonly #id: string;
  readonly #store: VideoStore;
  readonly #news: VideoNews;
  readonly #run: Run | undefined;
  #cues = 0;
  #keyframes = 0;
  #covered = 0;
  #stored = Number.NEGATIVE_INFINITY;

  constructor(id: string, store: VideoStore, news: VideoNews, run: Run | undefined) {
    this.#id = id;
    this.#store = store;
    this.#news = news;
    this.#run = run;
  }

  get progressNow(): Pick<StoredVideo, 'keyframes' | 'covered' | 'cues'> {
    return { keyframes: this.#keyframes, covered: this.#covered, cues: this.#cues };
  }

  media(...[media]: Parameters<RunObserver['media']>): void {
    const { options } = this.#store.update(this.#id, { media: mediaView(media) });
    if (this.#run !== undefined && media.duration !== null) {
      const end = Math.min(options.to ?? Number.POSITIVE_INFINITY, media.duration / 1e6);
      this.#run.duration = Math.max(0, end - (options.from ?? 0));
    }
    this.#news.changed(this.#id, true);
  }

  model(...[{ name, version }]: Parameters<RunObserver['model']>): void {
    this.#store.update(this.#id, { model: { name, version } });
  }

  caption(...[caption]: Parameters<RunObserver['caption']>): void {
    this.#store.addCaption(this.#id, caption);
    this.#news.caption(this.#id, caption);
  }

  cue(...[cue]: Parameters<RunObserver['cue']>): void {
    const position = this.#cues;
    this.#cues += 1;
    this.#store.addCue(this.#id, position, cue);
    this.#news.cue(this.#id, position, cue);
  }

  progress(keyframes: number, covered: number): void {
    this.#keyframes = keyframes;
    this.#covered = covered;
    this.#run?.pace.add(covered);
    if (this.#run !== undefined) this.#run.covered = covered;
    const now = performance.now();
    if (now - this.#stored < PROGRESS_MS) return;
    this.#stored = now;
    this.#store.update(this.#id, this.progressNow);
    this.#news.changed(this.#id);
  }
}
