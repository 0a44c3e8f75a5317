import type { OpenEvent } from './open-event.ts';

/** Events of one source that wait to be captioned. Where there are more, the oldest is left to the captions of its single frames. */
const MOST_WAITING = 2;

/** Events that have ended and wait to be captioned as a whole: those of one source one after the other. */
export class EventTurns {
  #waiting: OpenEvent[] = [];
  readonly #busy = new Set<string>();

  /** Adds an event. Returns the one that there is no room for. */
  push(event: OpenEvent): OpenEvent | undefined {
    this.#waiting.push(event);
    const own = this.#waiting.filter(({ source }) => source === event.source);
    const [oldest] = own;
    if (own.length <= MOST_WAITING || oldest === undefined) return undefined;
    this.#waiting = this.#waiting.filter((one) => one !== oldest);
    return oldest;
  }

  /** The next event; undefined where none can be captioned now. {@link done} ends it. */
  take(): OpenEvent | undefined {
    const next = this.#waiting.find(({ source }) => !this.#busy.has(source));
    if (next === undefined) return undefined;
    this.#waiting = this.#waiting.filter((one) => one !== next);
    this.#busy.add(next.source);
    return next;
  }

  done(source: string): void {
    this.#busy.delete(source);
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#busy.size === 0;
  }

  /** What waits, at the end of the run. */
  drain(): OpenEvent[] {
    const left = this.#waiting;
    this.#waiting = [];
    return left;
  }
}
