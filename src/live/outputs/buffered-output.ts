import { sentenceOf } from '../../core/errors.ts';
import { counted } from '../../core/text/wording.ts';
import { exponentialBackoff } from '../../core/time/backoff.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { LiveEvent, LiveOutput } from '../live-event.ts';
import type { Destination } from './destination.ts';

/** What an output needs of the run around it. */
export interface OutputRun {
  readonly clock: Clock;
  /** Says something to the user, in one line. */
  readonly report: (note: string) => void;
}

/** Events that wait for a destination that fails or is slow. Older ones are dropped. */
const MOST_WAITING = 1000;
const MOST_WAITING_WITH_PICTURES = 100;
const TICK_MS = 1000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** How long `close` waits for a call in progress. */
const CLOSE_MS = 3000;

/** Events wait without the pictures that nothing here uses: they take most of the memory. */
function withoutPicture(event: LiveEvent): LiveEvent {
  if (event.kind !== 'caption' && event.kind !== 'event') return event;
  const { picture: _, ...rest } = event;
  return rest;
}

/** One kind of call: whether it fails, and whether its next attempt is still to come. */
class Attempts {
  failures = 0;
  waiting = false;
  sentence: string | undefined;
}

/**
 * Brings events to a destination in the background, so that one that fails or is slow stops neither the source nor other
 * outputs. A failed call is repeated with growing pauses. A problem is reported once, and so is its end.
 */
export class BufferedOutput implements LiveOutput {
  readonly usesPictures: boolean;
  readonly #destination: Destination;
  readonly #run: OutputRun;
  readonly #limit: number;
  readonly #queue: LiveEvent[] = [];
  readonly #taking = new Attempts();
  readonly #working = new Attempts();
  #current: LiveEvent | undefined;
  #dropped = 0;
  #running: Promise<void> | undefined;
  readonly #end = new AbortController();

  constructor(destination: Destination, run: OutputRun) {
    this.#destination = destination;
    this.#run = run;
    this.usesPictures = destination.usesPictures ?? false;
    this.#limit = this.usesPictures ? MOST_WAITING_WITH_PICTURES : MOST_WAITING;
    if (destination.work !== undefined) this.#tick();
  }

  async write(event: LiveEvent): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#queue.push(this.usesPictures ? event : withoutPicture(event));
    if (this.#queue.length > this.#limit) this.#drop();
    this.#wake();
  }

  /** Resolves when nothing is in progress. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async close(): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    const done = new AbortController();
    const late = this.#run.clock.sleep(CLOSE_MS, done.signal).catch(() => undefined);
    await Promise.race([this.settled().then(() => this.#takeAll()), late]);
    done.abort();
    try {
      await this.#destination.close();
    } catch (error) {
      this.#say(sentenceOf(error));
    }
    const lost = this.#dropped + this.#queue.length + (this.#current === undefined ? 0 : 1);
    if (lost > 0) this.#say(`${counted(lost, 'event')} could not be written`);
  }

  /** The oldest that is not a change of state: those are few, and what follows depends on them. */
  #drop(): void {
    const oldest = this.#queue.findIndex(({ kind }) => kind !== 'state');
    this.#queue.splice(Math.max(0, oldest), 1);
    this.#dropped += 1;
    if (this.#dropped === 1) this.#say(`${this.#limit} events wait; from now on the oldest are dropped`);
  }

  #tick(): void {
    this.#later(TICK_MS, () => {
      this.#wake();
      this.#tick();
    });
  }

  /** Does something after a while, unless the output was closed. */
  #later(ms: number, act: () => void): void {
    this.#run.clock.sleep(ms, this.#end.signal).then(act, () => undefined);
  }

  #wake(): void {
    this.#running ??= this.#proceed().finally(() => {
      this.#running = undefined;
    });
  }

  async #proceed(): Promise<void> {
    const { work } = this.#destination;
    do {
      while (!this.#taking.waiting && this.#next() !== undefined) {
        await this.#attempt(this.#taking, () => this.#takeCurrent());
      }
      if (work !== undefined && !this.#working.waiting && !this.#end.signal.aborted) {
        await this.#attempt(this.#working, () => work.call(this.#destination));
      }
    } while (!this.#taking.waiting && this.#queue.length > 0 && !this.#end.signal.aborted);
  }

  #next(): LiveEvent | undefined {
    this.#current ??= this.#queue.shift();
    return this.#current;
  }

  async #takeCurrent(): Promise<void> {
    if (this.#current === undefined) return;
    await this.#destination.take(this.#current);
    this.#current = undefined;
  }

  /** At the end: every event once more, until one fails. */
  async #takeAll(): Promise<void> {
    try {
      while (this.#next() !== undefined) await this.#takeCurrent();
    } catch (error) {
      if (this.#taking.sentence === undefined) this.#say(sentenceOf(error));
    }
  }

  async #attempt(attempts: Attempts, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#fail(attempts, sentenceOf(error));
      return;
    }
    if (attempts.failures === 0) return;
    attempts.failures = 0;
    attempts.sentence = undefined;
    if (this.#taking.failures + this.#working.failures > 0) return;
    this.#say(`works again${this.#dropped === 0 ? '' : `; ${counted(this.#dropped, 'event')} had to be dropped`}`);
    this.#dropped = 0;
  }

  #fail(attempts: Attempts, sentence: string): void {
    attempts.failures += 1;
    if (attempts.sentence !== sentence) this.#say(`${sentence}; will retry`);
    attempts.sentence = sentence;
    attempts.waiting = true;
    this.#later(exponentialBackoff(attempts.failures, FIRST_RETRY_MS, LONGEST_RETRY_MS), () => {
      attempts.waiting = false;
      this.#wake();
    });
  }

  #say(what: string): void {
    this.#run.report(`${this.#destination.name}: ${what}`);
  }
}
