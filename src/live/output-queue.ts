import { sentenceOf } from '../core/errors.ts';
import { hideSecrets } from '../core/text/secrets.ts';
import type { Clock } from '../core/time/clock.ts';
import type { LiveEvent, LiveOutput } from './live-event.ts';

/** Events that wait for a slow output. Beyond that the oldest are dropped. */
const MOST_WAITING = 1000;

/** Gives events to one output, one after the other. A slow or broken output does not hold up the others. */
export class OutputQueue {
  readonly #output: LiveOutput;
  readonly #note: (line: string) => void;
  readonly #waiting: LiveEvent[] = [];
  #writing: Promise<void> | undefined;
  #dropped = 0;
  #failing: string | undefined;

  constructor(output: LiveOutput, note: (line: string) => void) {
    this.#output = output;
    this.#note = note;
  }

  push(event: LiveEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift();
      if (this.#dropped === 0) this.#note('an output is too slow: its oldest events are dropped');
      this.#dropped += 1;
    }
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      try {
        await this.#output.write(event);
        this.#failing = undefined;
      } catch (error) {
        const reason = hideSecrets(sentenceOf(error));
        if (reason !== this.#failing) this.#note(reason);
        this.#failing = reason;
      }
      if (this.#waiting.length === 0 && this.#dropped > 0) {
        this.#note(`an output was too slow: ${this.#dropped} events were dropped`);
        this.#dropped = 0;
      }
    }
  }

  /** Lets the output take what waits, for at most `ms`, and closes it. */
  async close(ms: number, clock: Clock): Promise<void> {
    const timer = new AbortController();
    const limit = clock.sleep(ms, timer.signal).catch(() => undefined);
    await Promise.race([this.#writing ?? Promise.resolve(), limit]);
    this.#waiting.length = 0;
    const closing = this.#output.close().catch((error: unknown) => this.#note(hideSecrets(sentenceOf(error))));
    await Promise.race([closing, limit]);
    timer.abort();
  }
}
