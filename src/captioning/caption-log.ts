import { SecondGlanceError } from '../core/errors.ts';
import type { GroupCaptions } from '../pipeline/cues/order.ts';

/** A reader came after captions that are no longer kept. */
class CaptionsDroppedError extends SecondGlanceError<'captions-dropped'> {
  constructor() {
    super(
      'captions-dropped',
      'the first captions of this run are no longer kept: read it from its start, or without `retain: false`',
    );
  }
}

/** How a {@link CaptionLog} treats its readers. */
export interface LogOptions {
  /** How many groups the writer may be ahead of the slowest reader. */
  readonly limit: number;
  /** False: a group is dropped when all readers have had it. */
  readonly retain: boolean;
}

/** Reads a log from its first group. While it is open, the writer waits for it. */
export interface LogReader extends AsyncIterableIterator<GroupCaptions> {
  return(): Promise<IteratorResult<GroupCaptions, undefined>>;
}

/**
 * The captions of one video, written once, group by group in any order, and read any number of times, each time in
 * order from the first group. Readers may come while it is written or afterwards.
 */
export class CaptionLog {
  readonly #options: LogOptions;
  readonly #groups = new Map<number, GroupCaptions>();
  /** For each open reader the index of the group that it gets next. */
  readonly #readers = new Map<LogReader, number>();
  readonly #wakers = new Set<() => void>();
  /** Groups below are no longer kept. */
  #first = 0;
  /** Groups that were appended. */
  #count = 0;
  #end: 'finished' | { readonly error: unknown } | undefined;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** Adds a group. Resolves when the slowest reader is near enough for another. */
  async append(group: GroupCaptions): Promise<void> {
    this.#groups.set(group.index, group);
    this.#count += 1;
    this.#wake();
    while (this.#count - this.#slowest() > this.#options.limit && this.#end === undefined) await this.#change();
  }

  /** All groups have been appended. */
  finish(): void {
    this.#end ??= 'finished';
    this.#wake();
  }

  /** The captions are incomplete, or no longer wanted: every reader gets `error` at once. */
  fail(error: unknown): void {
    if (this.#failure === undefined) this.#end = { error };
    this.#wake();
  }

  /** Resolves when no reader is open, or the log has failed. */
  async idle(): Promise<void> {
    while (this.#readers.size > 0 && this.#failure === undefined) await this.#change();
  }

  /** Throws the error of a log that has failed. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  get #failure(): { readonly error: unknown } | undefined {
    return this.#end === 'finished' ? undefined : this.#end;
  }

  /** Opens a reader. It throws `captions-dropped` if its first group is no longer kept. */
  read(): LogReader {
    const reader: LogReader = {
      next: async () => {
        const value = await this.#next(reader);
        return value === undefined ? this.#close(reader) : { done: false, value };
      },
      return: async () => this.#close(reader),
      [Symbol.asyncIterator]: () => reader,
    };
    this.#readers.set(reader, 0);
    return reader;
  }

  async #next(reader: LogReader): Promise<GroupCaptions | undefined> {
    for (;;) {
      const index = this.#readers.get(reader);
      if (index === undefined) return undefined;
      const failure = this.#failure ?? (index < this.#first ? { error: new CaptionsDroppedError() } : undefined);
      if (failure !== undefined) {
        this.#close(reader);
        throw failure.error;
      }
      const group = this.#groups.get(index);
      if (group !== undefined) {
        this.#readers.set(reader, index + 1);
        this.#drop();
        this.#wake();
        return group;
      }
      if (this.#end !== undefined) return undefined;
      await this.#change();
    }
  }

  #close(reader: LogReader): { done: true; value: undefined } {
    this.#readers.delete(reader);
    this.#wake();
    return { done: true, value: undefined };
  }

  #slowest(): number {
    return Math.min(this.#count, ...this.#readers.values());
  }

  #drop(): void {
    if (this.#options.retain) return;
    for (const slowest = this.#slowest(); this.#first < slowest; this.#first += 1) this.#groups.delete(this.#first);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakers.add(resolve);
    });
  }

  #wake(): void {
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const wake of wakers) wake();
  }
}
