/**
 * Measures how much work each of several concurrent tasks took: every moment is shared equally among the tasks that run
 * then. A task that runs alone takes all of its time, whatever the number of slots that are idle beside it.
 */
export class WorkMeter {
  readonly #now: () => number;
  #running = 0;
  /** Sum of `dt / running`: what a task that had run all the time would have taken. */
  #share = 0;
  #changed = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  #advance(change: 1 | -1): number {
    const now = this.#now();
    if (this.#running > 0) this.#share += (now - this.#changed) / this.#running;
    this.#changed = now;
    this.#running += change;
    return this.#share;
  }

  /** Starts a task. Call the result once, when the task ends: it returns the task's work in milliseconds. */
  start(): () => number {
    const from = this.#advance(1);
    return () => this.#advance(-1) - from;
  }
}
