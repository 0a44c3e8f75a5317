import type { LiveCaption, OpenCue } from '../live-event.ts';
import type { LiveLook } from '../source-reader.ts';
import { OpenEvent } from './open-event.ts';

/** Gathers the frames of one source into events. */
export class SourceEvents {
  #open: OpenEvent | undefined;
  #last = -1;
  /** What the event that goes on may be called. */
  #called: Pick<LiveCaption, 'text' | 'confidence'> | undefined;

  get open(): OpenEvent | undefined {
    return this.#open;
  }

  /** Takes a frame that is marked. Returns the event that ends where its own begins. */
  add(source: string, look: LiveLook): OpenEvent | undefined {
    const { event, moment } = look;
    if (event === undefined) return undefined;
    const open = this.#open;
    if (open?.index === event.index && open.session === moment.session) {
      open.add(look);
      return undefined;
    }
    // What goes on after a connection was lost begins with the first frame of the next one.
    const isNew = event.index !== this.#last && (open === undefined || open.session === moment.session);
    const begun = isNew ? Math.max(Math.round(event.start / 1000), open?.start ?? 0) : moment.at;
    const ended = this.end(begun);
    const next = new OpenEvent(source, moment.session, event.index, begun);
    next.add(look);
    this.#open = next;
    this.#last = event.index;
    return ended;
  }

  /** The event ends at `at`: another one begins, or the source has gone away. */
  end(at: number): OpenEvent | undefined {
    const open = this.#open;
    this.#open = undefined;
    this.#called = undefined;
    if (open === undefined) return undefined;
    open.end = Math.max(at, open.start + 1);
    return open;
  }

  /** A caption of the event that goes on. The most confident one stands for it until it has ended. */
  call(caption: LiveCaption): void {
    if (caption.text === '' || caption.unsure === true) return;
    if (this.#called === undefined || caption.confidence > this.#called.confidence) this.#called = caption;
  }

  /** The event that goes on, as a cue. */
  openCue(at: number): OpenCue | undefined {
    const open = this.#open;
    if (open === undefined || this.#called === undefined) return undefined;
    const { source, session, start } = open;
    const { text, confidence } = this.#called;
    return { kind: 'open-cue', source, session, start, end: Math.max(at, start), text, confidence };
  }
}
