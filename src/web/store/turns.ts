/** Runs what is asked for one key (a video's id) one after the other, and what is asked for several at once. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `act` once all earlier ones of `key` have ended, well or not. Returns, and throws, what `act` does. */
  take<T>(key: string, act: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(key) ?? Promise.resolve()).then(act);
    const settled = done
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(key) === settled) this.#last.delete(key);
      });
    this.#last.set(key, settled);
    return done;
  }
}
