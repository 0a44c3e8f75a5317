import type { Caption, RecordedBy, VideoEvent } from '../../core/types.ts';
import type { FrameMoment } from '../../ingest/live/frame-times.ts';
import type { Captioner } from '../../workers/captioner.ts';
import { isCertain, type LiveCaption, type LiveEvent, type OpenCue } from '../live-event.ts';
import { pictureOf } from '../live-picture.ts';
import type { LiveLook } from '../source-reader.ts';
import { EventTurns } from './event-turns.ts';
import type { OpenEvent } from './open-event.ts';
import { SourceEvents } from './source-events.ts';

/** What events are captioned with. */
export interface EventContext {
  readonly captioner: Captioner;
  readonly passes: 1 | 2;
  /** A less confident wording makes no cue. */
  readonly minConfidence: number;
  /** An output uses pictures. */
  readonly pictures: boolean;
  readonly signal: AbortSignal;
  recordedBy(source: string, look: LiveLook): RecordedBy;
  emit(event: LiveEvent): void;
  /** An event waits, or another turn is possible. */
  wake(): void;
}

/** Work for a lane of the captioner. */
export interface Turn {
  readonly source: string;
  work(): Promise<void>;
  /** To be called in any case. */
  done(): void;
}

/**
 * Captions what happens, each event from several of its frames. Single frames are captioned as they come, whatever their event; an event that nothing can
 * be captioned of in time has the wording on which the captions of its single frames agree.
 */
export class EventCaptioning {
  readonly #context: EventContext;
  readonly #sources = new Map<string, SourceEvents>();
  readonly #turns = new EventTurns();
  /** The event of a frame, by when the frame was shown. */
  readonly #eventOf = new WeakMap<FrameMoment, OpenEvent>();
  /** Keyframes so far. */
  #index = 0;

  constructor(context: EventContext) {
    this.#context = context;
  }

  /** A frame is to be captioned. */
  add(source: string, look: LiveLook): void {
    const events = this.#of(source);
    this.#ended(events.add(source, look));
    if (events.open !== undefined) this.#eventOf.set(look.moment, events.open);
  }

  /** A single frame was captioned. False where it belongs to no event. */
  hear({ moment }: LiveLook, caption: Caption, said: LiveCaption): boolean {
    const event = this.#eventOf.get(moment);
    if (event === undefined) return false;
    event.hear(caption);
    const events = this.#of(said.source);
    if (event === events.open) events.call(said);
    return true;
  }

  /** The source has gone away: its last picture was shown until `at`. */
  end(source: string, at: number): void {
    this.#ended(this.#of(source).end(at));
  }

  /** The event that goes on, as a cue. */
  openCue(source: string, at: number): OpenCue | undefined {
    return this.#of(source).openCue(at);
  }

  get isIdle(): boolean {
    return this.#turns.isIdle;
  }

  /** The next event to caption. */
  turn(): Turn | undefined {
    const event = this.#turns.take();
    if (event === undefined) return undefined;
    const { source } = event;
    const done = (): void => {
      this.#turns.done(source);
      this.#context.wake();
    };
    return { source, work: () => this.#caption(event), done };
  }

  /** Reports what waits, at the end of the run. */
  async finish(): Promise<void> {
    for (const event of this.#turns.drain()) await this.#report(event, event.heard());
  }

  #of(source: string): SourceEvents {
    const known = this.#sources.get(source) ?? new SourceEvents();
    this.#sources.set(source, known);
    return known;
  }

  #ended(event: OpenEvent | undefined): void {
    if (event === undefined) return;
    const left = this.#turns.push(event);
    if (left !== undefined) void this.#report(left, left.heard());
    this.#context.wake();
  }

  /** Captions the frames of an event together; one of a single frame has its caption already. */
  async #caption(event: OpenEvent): Promise<void> {
    const { captioner, passes, signal, recordedBy } = this.#context;
    const [first] = event.looks;
    let wording = event.looks.length === 1 ? event.heard() : undefined;
    try {
      if (wording === undefined && first !== undefined) {
        const group = event.group(this.#index, recordedBy(event.source, first));
        this.#index += group.keyframes.length;
        wording = event.agreed(await captioner.caption(group, { passes }, signal));
      }
    } finally {
      await this.#report(event, wording?.frames ? wording : event.heard());
    }
  }

  async #report(event: OpenEvent, wording: VideoEvent | undefined): Promise<void> {
    // Nothing could be seen.
    if (wording === undefined || wording.frames === 0) return;
    const { source, session, start, end = start, looks } = event;
    const { text, confidence, support, frames } = wording;
    const { minConfidence, pictures, emit } = this.#context;
    const [first] = looks;
    const picture = pictures && first !== undefined ? { picture: await pictureOf(first.frame) } : {};
    const when = { source, session, start, end };
    const unsure = confidence < minConfidence ? ({ unsure: true } as const) : {};
    const happened = { kind: 'event', ...when, text, confidence, support, frames, ...unsure, ...picture } as const;
    emit(happened);
    if (isCertain(happened)) emit({ kind: 'cue', ...when, text, confidence });
  }
}
