/** A fixed number of resources with one user each; waiters are served in order. The one that was returned last is given out first. */
export class Semaphore<T> {
  readonly all: readonly T[];
  readonly #free: T[];
  readonly #waiting: ((slot: T) => void)[] = [];

  constructor(all: readonly T[]) {
    this.all = all;
    this.#free = [...all];
  }

  /** The free resource that is given out next. */
  get next(): T | undefined {
    return this.#free.at(-1);
  }

  /** Waits for a free resource. Rejects with the signal's reason if it aborts first. */
  take(signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const free = this.#free.pop();
      if (free !== undefined) {
        resolve(free);
        return;
      }
      const turn = (slot: T) => {
        signal.removeEventListener('abort', onAbort);
        resolve(slot);
      };
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(turn);
    });
  }

  /** Returns a resource. */
  give(slot: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next(slot);
  }
}
