/** A fixed number of things of which each has one user at a time; who waits longest is next. */
export class Semaphore<T> {
  readonly all: readonly T[];
  readonly #free: T[];
  readonly #waiting: ((slot: T) => void)[] = [];

  constructor(all: readonly T[]) {
    this.all = all;
    this.#free = [...all];
  }

  /** Waits for a free one. Rejects with the signal's reason where that comes first. */
  take(signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const free = this.#free.pop();
      if (free !== undefined) {
        resolve(free);
        return;
      }
      const turn = (slot: T) => {
        signal.removeEventListener('abort', giveUp);
        resolve(slot);
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(turn);
    });
  }

  /** Gives one back. */
  give(slot: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next(slot);
  }
}
