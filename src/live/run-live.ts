import { systemZone } from '../archive/clock/time-zone.ts';
import { SecondGlanceError, sentenceOf } from '../core/errors.ts';
import { exponentialBackoff } from '../core/time/backoff.ts';
import { type Clock, SYSTEM_CLOCK } from '../core/time/clock.ts';
import type { Caption, Group, RecordedBy } from '../core/types.ts';
import type { LiveInputSettings } from '../ingest/live/live-input.ts';
import type { LiveSource } from '../ingest/live/live-source.ts';
import type { FrameChoice } from '../ingest/selectors/registry.ts';
import type { Captioner } from '../workers/captioner.ts';
import { CueAssembly } from './cue-assembly.ts';
import { EventCaptioning, type Turn } from './events/event-captioning.ts';
import type { LiveCaption, LiveEvent, LiveOutput, StateChange } from './live-event.ts';
import { pictureOf } from './live-picture.ts';
import { type LiveSummary, LiveTally } from './live-summary.ts';
import { LIVE_TIMINGS, type LiveTimings } from './live-timings.ts';
import { LookScheduler } from './look-scheduler.ts';
import { OutputQueue } from './output-queue.ts';
import { type LiveLook, SourceReader } from './source-reader.ts';

/** Pauses after a captioner that failed. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** What is captioned live, and where the captions go. */
export interface LiveRun extends LiveInputSettings {
  /** With names of their own. */
  readonly sources: readonly LiveSource[];
  /** Open. The caller closes it. */
  readonly captioner: Captioner;
  readonly passes: 1 | 2;
  /** Less confident captions make no cue. */
  readonly minConfidence: number;
  readonly choice: FrameChoice;
  /** Cues are those of events, each of several frames. Default: of single frames. */
  readonly events?: boolean;
  /** Closed at the end. */
  readonly outputs: readonly LiveOutput[];
  readonly signal: AbortSignal;
  /** Receives what cannot be captioned or written, one line each. */
  readonly note: (line: string) => void;
  readonly clock?: Clock;
  readonly timings?: LiveTimings;
}

interface SourceState {
  readonly cues: CueAssembly;
  /** Keyframes so far. */
  index: number;
  behind: number;
  still: number;
  /** When the last event said what was left out, on the clock of lengths of time. */
  saidAt: number;
  /** What was said of the cue that has not ended. */
  openCue?: { readonly start: number; readonly end: number };
}

/** One run: frames of all sources go through one captioner, in turns. */
class Live {
  readonly #run: LiveRun;
  readonly #clock: Clock;
  readonly #timings: LiveTimings;
  readonly #zone = systemZone();
  readonly #states = new Map<string, SourceState>();
  readonly #scheduler: LookScheduler<LiveLook>;
  readonly #events: EventCaptioning;
  #eventFirst = false;
  readonly #tally: LiveTally;
  readonly #queues: readonly OutputQueue[];
  readonly #pictures: boolean;
  /** Ends the run: the signal, a failure, or the end of all sources. */
  readonly #stop = new AbortController();

  constructor(run: LiveRun) {
    this.#run = run;
    this.#clock = run.clock ?? SYSTEM_CLOCK;
    this.#timings = run.timings ?? LIVE_TIMINGS;
    const names = run.sources.map(({ name }) => name);
    this.#scheduler = new LookScheduler(names, this.#clock);
    this.#tally = new LiveTally(names);
    this.#queues = run.outputs.map((output) => new OutputQueue(output, run.note));
    this.#pictures = run.outputs.some(({ usesPictures }) => usesPictures);
    const { captioner, passes, minConfidence } = run;
    this.#events = new EventCaptioning({
      ...{ captioner, passes, minConfidence, pictures: this.#pictures, signal: this.#stop.signal },
      recordedBy: (source, look) => this.#recordedBy(source, look),
      emit: (event) => this.#emit(event),
      wake: () => this.#scheduler.wake(),
    });
    for (const name of names) {
      this.#states.set(name, { cues: new CueAssembly(run.minConfidence), index: 0, behind: 0, still: 0, saidAt: 0 });
    }
  }

  async run(): Promise<LiveSummary> {
    const { signal, sources, captioner } = this.#run;
    const began = this.#clock.elapsed();
    const onAbort = (): void => this.#stop.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    let failure: { readonly error: unknown } | undefined;
    const guarded = async <T>(work: Promise<T>): Promise<T | undefined> => {
      try {
        return await work;
      } catch (error) {
        if (!this.#stop.signal.aborted) failure ??= { error };
        this.#stop.abort(error);
        return undefined;
      }
    };
    const lanes = Array.from({ length: captioner.concurrency }, () => guarded(this.#captionInTurns()));
    const ends = await Promise.all(sources.map((source) => guarded(this.#read(source))));
    while (!this.#events.isIdle && !this.#stop.signal.aborted) await this.#scheduler.changed(this.#stop.signal);
    this.#stop.abort(new Error('all sources have ended'));
    await Promise.all(lanes);
    signal.removeEventListener('abort', onAbort);
    for (const [source, state] of this.#states) {
      this.#endCue(source, state, this.#clock.now());
      this.#saySkipped(source, state);
    }
    await this.#events.finish();
    await Promise.all(this.#queues.map((queue) => queue.close(this.#timings.ending, this.#clock)));
    if (failure !== undefined) throw failure.error;
    const failed = ends.filter((end) => end === 'failed').length;
    return this.#tally.summary((this.#clock.elapsed() - began) / 1000, failed);
  }

  #read(source: LiveSource): Promise<'ended' | 'failed' | 'aborted'> {
    const { captioner, choice, events = false, rtspTransport, follow } = this.#run;
    const { name } = source;
    const state = this.#stateOf(name);
    const reader = new SourceReader(source, {
      ...{ choice, events, rtspTransport, follow, image: captioner.image },
      ...{ clock: this.#clock, timings: this.#timings, signal: this.#stop.signal },
      offer: (look) => {
        if (look.event !== undefined) this.#events.add(name, look);
        if (this.#scheduler.offer(name, look)) state.behind += 1;
      },
      still: (at) => {
        state.still += 1;
        if (this.#scheduler.isIdle(name)) this.#sayOpenCue(name, state, at);
      },
      settled: async () => {
        while (!this.#scheduler.isIdle(name) && !this.#stop.signal.aborted) {
          await this.#scheduler.changed(this.#stop.signal);
        }
      },
      change: (event, shownUntil) => this.#change(event, shownUntil),
    });
    return reader.run();
  }

  #change(event: StateChange, shownUntil: number): void {
    const state = this.#stateOf(event.source);
    if (event.state !== 'live' && event.state !== 'connecting') {
      this.#endCue(event.source, state, shownUntil);
      this.#saySkipped(event.source, state);
    }
    this.#emit(event);
  }

  /** Captions frames until the run ends. */
  async #captionInTurns(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; ) {
      const turn = this.#nextTurn();
      if (turn === undefined) {
        await this.#scheduler.changed(signal);
        continue;
      }
      try {
        await turn.work();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof SecondGlanceError) || !error.retryable) throw error;
        this.#fail(turn.source, sentenceOf(error));
        failures += 1;
        await this.#clock
          .sleep(exponentialBackoff(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal)
          .catch(() => undefined);
      } finally {
        turn.done();
      }
    }
  }

  /** Frames and events take turns. */
  #nextTurn(): Turn | undefined {
    const ofLook = (): Turn | undefined => {
      const turn = this.#scheduler.take();
      if (turn === undefined) return undefined;
      const { source, look } = turn;
      return { source, work: () => this.#caption(source, look), done: () => this.#scheduler.done(source) };
    };
    this.#eventFirst = !this.#eventFirst;
    return this.#eventFirst ? (this.#events.turn() ?? ofLook()) : (ofLook() ?? this.#events.turn());
  }

  #recordedBy(source: string, { moment }: LiveLook): RecordedBy {
    return { camera: source, epoch: moment.at - moment.pts / 1000, zone: this.#zone };
  }

  async #caption(source: string, look: LiveLook): Promise<void> {
    const { captioner, passes } = this.#run;
    const { frame, moment, changed } = look;
    const state = this.#stateOf(source);
    const index = state.index++;
    const { width, height, pixels, arrival } = frame;
    const keyframe = { video: source, index, pts: moment.pts, still: !changed, width, height, pixels };
    const group: Group = { video: source, index, keyframes: [keyframe], recorded: this.#recordedBy(source, look) };
    const [caption] = await captioner.caption(group, { passes }, this.#stop.signal);
    if (caption === undefined || caption.error !== undefined) {
      this.#fail(source, caption?.error?.message ?? 'the captioner wrote no caption');
      return;
    }
    const latency = Math.round(this.#clock.elapsed() - arrival.elapsed);
    const picture = this.#pictures ? { picture: await pictureOf(frame) } : {};
    const unsure = caption.confidence < this.#run.minConfidence ? ({ unsure: true } as const) : {};
    const event = { ...captionEvent(source, caption, look, latency), ...unsure, ...picture };
    const inEvent = this.#events.hear(look, caption, event);
    const ended = inEvent ? undefined : state.cues.push({ caption: event, still: !changed });
    if (ended !== undefined) this.#emit(ended);
    if (this.#clock.elapsed() - state.saidAt >= this.#timings.skipped) this.#saySkipped(source, state);
    this.#emit(event);
    this.#sayOpenCue(source, state, event.at);
  }

  /** The cue that has not ended was shown until `at`. */
  #sayOpenCue(source: string, state: SourceState, at: number): void {
    const open = this.#events.openCue(source, at) ?? state.cues.open;
    if (open === undefined) return;
    const { start, end } = open;
    const said = state.openCue;
    const shownUntil = Math.max(at, end);
    if (said?.start === start && shownUntil - said.end < this.#timings.openCue) return;
    state.openCue = { start, end: shownUntil };
    this.#emit({ ...open, end: shownUntil, kind: 'open-cue' });
  }

  #fail(source: string, reason: string): void {
    this.#tally.fail(source);
    this.#run.note(`${source}: ${reason}`);
  }

  #endCue(source: string, state: SourceState, at: number): void {
    const cue = state.cues.end(at);
    if (cue !== undefined) this.#emit(cue);
    this.#events.end(source, at);
  }

  #saySkipped(source: string, state: SourceState): void {
    const { behind, still } = state;
    if (behind + still === 0) return;
    state.behind = 0;
    state.still = 0;
    state.saidAt = this.#clock.elapsed();
    this.#emit({ kind: 'skipped', source, at: this.#clock.now(), behind, still });
  }

  #emit(event: LiveEvent): void {
    this.#tally.add(event);
    for (const queue of this.#queues) queue.push(event);
  }

  #stateOf(source: string): SourceState {
    const state = this.#states.get(source);
    if (state === undefined) throw new Error(`no source is called ${source}`);
    return state;
  }
}

function captionEvent(source: string, caption: Caption, { moment }: LiveLook, latency: number): LiveCaption {
  const { text, draft, confidence, nothingVisible } = caption;
  const { session, pts, at } = moment;
  const blank = nothingVisible === true ? { nothingVisible } : {};
  return { kind: 'caption', source, session, pts, at, latency, text, draft, confidence, ...blank };
}

/**
 * Captions live sources until they have all ended, or until the signal aborts. Sources that are away are tried again; those that cannot be
 * opened at all are left, and the others go on. Memory does not grow with time.
 * @throws what makes the captioner unusable
 */
export function runLive(run: LiveRun): Promise<LiveSummary> {
  return new Live(run).run();
}
