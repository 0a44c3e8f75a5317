import type { Clock } from '../core/time/clock.ts';

/** A still picture that waited so long (milliseconds) counts like one that changed. */
const PATIENCE_MS = 10_000;

/** What can be scheduled: a frame that is to be captioned. */
export interface Look {
  /** It shows something else than the frame before; otherwise it is due because time passed. */
  readonly changed: boolean;
}

interface Slot<T> {
  look: T | undefined;
  /** Since when there has been a frame to caption. */
  waitingSince: number;
  /** When its last turn began; before all others at first. */
  servedAt: number;
  busy: boolean;
}

/** A turn: the newest frame of a source. */
export interface Turn<T> {
  readonly source: string;
  readonly look: T;
}

/**
 * Shares one captioner among sources. Each source has one slot, in which the newest frame replaces the one before, and one frame in work, so
 * that its captions keep their order. The next turn goes to a source whose picture changed (or that has waited for ten seconds) before those
 * whose picture is still, and among these to the one whose last turn is longest ago. So among n cameras that change all the time each gets
 * every n-th turn, and a still camera takes none from them.
 */
export class LookScheduler<T extends Look> {
  readonly #slots = new Map<string, Slot<T>>();
  readonly #clock: Pick<Clock, 'elapsed'>;
  #turns = 0;
  #waiting: (() => void)[] = [];

  constructor(sources: readonly string[], clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock;
    for (const source of sources)
      this.#slots.set(source, { look: undefined, waitingSince: 0, servedAt: 0, busy: false });
  }

  /** Offers a source's newest frame. True where one that waited is left out for it. A change that was not seen yet stays a change. */
  offer(source: string, look: T): boolean {
    const slot = this.#slot(source);
    const before = slot.look;
    if (before === undefined) slot.waitingSince = this.#clock.elapsed();
    slot.look = before?.changed === true && !look.changed ? { ...look, changed: true } : look;
    this.wake();
    return before !== undefined;
  }

  /** The next turn; undefined where no frame waits. {@link done} ends it. */
  take(): Turn<T> | undefined {
    const now = this.#clock.elapsed();
    let chosen:
      | { readonly source: string; readonly slot: Slot<T>; readonly look: T; readonly urgent: boolean }
      | undefined;
    for (const [source, slot] of this.#slots) {
      const { look, busy, waitingSince } = slot;
      if (look === undefined || busy) continue;
      const urgent = look.changed || now - waitingSince >= PATIENCE_MS;
      const before = chosen;
      const comesFirst =
        before === undefined || (urgent === before.urgent ? slot.servedAt < before.slot.servedAt : urgent);
      if (comesFirst) chosen = { source, slot, look, urgent };
    }
    if (chosen === undefined) return undefined;
    const { source, slot, look } = chosen;
    slot.look = undefined;
    slot.busy = true;
    this.#turns += 1;
    slot.servedAt = this.#turns;
    return { source, look };
  }

  /** The turn of a source has ended. */
  done(source: string): void {
    this.#slot(source).busy = false;
    this.wake();
  }

  /** True where no frame of the source waits or is in work. */
  isIdle(source: string): boolean {
    const { look, busy } = this.#slot(source);
    return look === undefined && !busy;
  }

  /** Resolves with the next offer or end of a turn, or when the signal aborts. */
  async changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        resolve();
      };
      signal.addEventListener('abort', end, { once: true });
      this.#waiting.push(end);
    });
  }

  /** Lets those who wait for a turn look again. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #slot(source: string): Slot<T> {
    const slot = this.#slots.get(source);
    if (slot === undefined) throw new Error(`no source is called ${source}`);
    return slot;
  }
}
