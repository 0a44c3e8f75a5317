import { defer, from, type Observable } from 'rxjs';
import type { JsonObject } from '../core/json-value.ts';
import type { Caption, Cue, Micros, VideoEvent } from '../core/types.ts';
import type { IngestReport } from '../ingest/decode/damage.ts';
import type { MediaInfo } from '../ingest/probe/media-info.ts';
import { asInputError, type Source } from '../ingest/sources/sources.ts';
import { PROFILES } from '../pipeline/cues/profiles.ts';
import { rulesFor } from '../pipeline/cues/rules.ts';
import type { TrackWriter } from '../pipeline/formats/track-writer.ts';
import { type CaptionCounts, type TrackEvent, trackEvents } from '../pipeline/track-events.ts';
import type { Captioner } from '../workers/captioner.ts';
import { CaptionLog, type LogReader } from './caption-log.ts';
import { type CaptionedSource, captionSource, captionStream } from './caption-source.ts';
import { identify, sourceOf, trackKey } from './input-identity.ts';
import { assertWritable } from './outputs/output-status.ts';
import { type OutputFile, targetOf } from './outputs/target.ts';
import { writeOutputs } from './outputs/write-outputs.ts';
import type { InputProgress } from './reporter.ts';
import type { TrackSettings } from './settings.ts';
import type { InputSummary } from './summary.ts';

/** What a run captions, and how; everything is settled. */
export interface RunRequest {
  readonly source: () => Promise<Source>;
  readonly captioner: Captioner;
  readonly settings: TrackSettings;
  readonly stateDir: string;
  readonly resume: boolean;
  readonly retain: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: InputProgress) => void) | undefined;
}

/** What a finished run came to. */
export interface RunReport extends CaptionCounts {
  /** The video's name, as it stands in tracks. */
  readonly video: string;
  /** Where the video ends, in track time. */
  readonly end: Micros;
  /** Why the captions do not cover the whole video. */
  readonly damage?: { readonly code: string; readonly message: string };
}

/** A file to write, or a writer of your own. */
export type RunOutput = string | OutputFile | TrackWriter;

/**
 * A video that is being captioned. It starts by itself and may be read in any way, any number of times, while it goes
 * on and afterwards; every reader gets everything from the first keyframe on. The slowest reader sets the pace: a reader
 * that stops reading holds the run, one that leaves its loop does not. Errors are `SecondGlanceError`s, or the reason of
 * your signal.
 */
export interface CaptionRun extends AsyncDisposable {
  /** Every cue as soon as its end is known, then completion or an error. Each subscription starts with the first cue. */
  readonly cues$: Observable<Cue>;
  /** The same, as slowly as you take them. */
  cues(): AsyncIterableIterator<Cue>;
  /** One wording for each event, for runs with `events`; none otherwise. */
  events(): AsyncIterableIterator<VideoEvent>;
  /** One caption per keyframe in order, those that failed and those of low confidence included. */
  captions(): AsyncIterableIterator<Caption>;
  /**
   * Writes tracks: to files, whose format their extension gives, or with writers of your own. A file appears when it is
   * complete. Throws `track-exists` where another file would be overwritten, unless `force` is set.
   */
  writeTo(outputs: RunOutput | readonly RunOutput[], options?: { readonly force?: boolean }): Promise<InputSummary>;
  /** Settles when every keyframe has been captioned. It need not be awaited. */
  readonly done: Promise<RunReport>;
  /** Stops the run, if it is not finished, and waits for its end. Its captions stay in the journal for the next run. */
  [Symbol.asyncDispose](): Promise<void>;
}

function isWriter(output: RunOutput): output is TrackWriter {
  return typeof output !== 'string' && 'finish' in output;
}

interface OpenedSource {
  readonly source: Source;
  readonly identity: JsonObject | undefined;
  readonly media: MediaInfo;
  readonly report: () => Promise<IngestReport>;
  readonly reused?: () => number;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // Those who await the promise get its error. Without any, it must not count as an unhandled rejection.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

class Run implements CaptionRun {
  readonly cues$: Observable<Cue>;
  readonly done: Promise<RunReport>;
  readonly #request: RunRequest;
  readonly #log: CaptionLog;
  readonly #disposal = new AbortController();
  readonly #signal: AbortSignal;
  readonly #opened = deferred<OpenedSource>();
  readonly #ended: Promise<void>;
  readonly #began = performance.now();
  /** A track could not be written: its captions stay in the journal. */
  #outputFailed = false;

  constructor(request: RunRequest) {
    const { captioner, retain, signal } = request;
    this.#request = request;
    this.#log = new CaptionLog({ limit: 4 * captioner.concurrency, retain });
    this.#signal = signal === undefined ? this.#disposal.signal : AbortSignal.any([signal, this.#disposal.signal]);
    this.cues$ = defer(() => from(this.cues()));
    this.done = this.#report();
    this.done.catch(() => undefined);
    this.#ended = this.#caption();
  }

  async #caption(): Promise<void> {
    const { captioner, settings, stateDir, resume } = this.#request;
    const signal = this.#signal;
    const onAbort = (): void => this.#log.fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      const source = await this.#request.source();
      const identity = await identify(source).catch((error: unknown) => {
        throw asInputError(error, source.label);
      });
      const request = { source, identity, captioner, settings, stateDir, resume, signal };
      await captionSource(request, async (captioned, journal) => {
        const { groups: _, limit: __, ...opened } = captioned;
        this.#opened.resolve({ ...opened, identity });
        for await (const group of captioned.groups) await this.#log.append(group);
        this.#log.finish();
        const { failed } = await this.done;
        // Tracks are written by readers; only when they are complete is the journal no longer needed.
        await this.#log.idle();
        signal.throwIfAborted();
        if (failed === 0 && !this.#outputFailed) await journal.remove();
      });
    } catch (error) {
      this.#opened.reject(error);
      this.#log.fail(error);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** A source that hands out the captions of this run from the first on. */
  async #read(): Promise<OpenedSource & CaptionedSource & { readonly groups: LogReader }> {
    // Opened before the first await, so that a reader which is there from the start misses nothing.
    const groups = this.#log.read();
    try {
      return { ...(await this.#opened.promise), groups, limit: 1 };
    } catch (error) {
      await groups.return();
      throw error;
    }
  }

  async *#events(): AsyncGenerator<TrackEvent<IngestReport>, void, undefined> {
    const { settings } = this.#request;
    const rules = rulesFor(PROFILES[settings.profile], settings.minConfidence, settings);
    for await (const event of trackEvents(captionStream(await this.#read()), rules)) {
      this.#log.throwIfFailed();
      yield event;
    }
  }

  async #report(): Promise<RunReport> {
    const { settings, onProgress } = this.#request;
    const { source, media } = await this.#opened.promise;
    const end = settings.to === undefined ? media.duration : Math.min(settings.to, media.duration ?? settings.to);
    const duration = end === null ? {} : { duration: Math.max(0, end - (settings.from ?? 0)) };
    for await (const event of this.#events()) {
      if (event.kind === 'caption') {
        const { index, pts } = event.caption;
        const covered = Math.max(0, pts - media.start - (settings.from ?? 0));
        onProgress?.({ keyframes: index + 1, covered, ...duration });
      } else if (event.kind === 'end') {
        const { damage, end: last, zero } = event.summary;
        return {
          video: source.name,
          ...event.counts,
          end: last - zero,
          ...(damage === undefined ? {} : { damage: { code: damage.code, message: damage.message } }),
        };
      }
    }
    throw new Error('a stream of track events ended without its end event');
  }

  async *cues(): AsyncGenerator<Cue, void, undefined> {
    for await (const event of this.#events()) if (event.kind === 'cue') yield event.cue;
  }

  async *events(): AsyncGenerator<VideoEvent, void, undefined> {
    for await (const event of this.#events()) if (event.kind === 'event') yield event.event;
  }

  async *captions(): AsyncGenerator<Caption, void, undefined> {
    for await (const event of this.#events()) if (event.kind === 'caption') yield event.caption;
  }

  async writeTo(
    outputs: RunOutput | readonly RunOutput[],
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<InputSummary> {
    const { settings, captioner, stateDir } = this.#request;
    const all: readonly RunOutput[] = Array.isArray(outputs) ? outputs : [outputs as RunOutput];
    const extraWriters = all.filter(isWriter);
    const targets = all.flatMap((output) => (isWriter(output) ? [] : [targetOf(output)]));
    const { model } = captioner;
    const captioned = await this.#read();
    try {
      const { identity } = captioned;
      const key = trackKey(identity, settings, model);
      await assertWritable(stateDir, targets, { key, source: sourceOf(identity), force });
      const { summary } = await writeOutputs(
        {
          ...{ settings, model, stateDir, signal: this.#signal },
          verbose: false,
          began: this.#began,
          onProgress: () => undefined,
        },
        { identity, targets, key, extraWriters },
        captioned,
      );
      return summary;
    } catch (error) {
      this.#outputFailed = true;
      throw error;
    } finally {
      await captioned.groups.return();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort(new DOMException('the run was disposed', 'AbortError'));
    await this.#ended;
  }
}

/** Starts a run. */
export function startRun(request: RunRequest): CaptionRun {
  return new Run(request);
}
