import type { Caption, Group } from '../core/types.ts';

/** A captioned group, without its frames. */
export interface CaptionedGroup {
  readonly video: string;
  readonly index: number;
  readonly captions: readonly Caption[];
}

/** Captions a group; stops when `signal` aborts. */
export type GroupWork = (group: Group, signal: AbortSignal) => Promise<readonly Caption[]>;

/** How many groups are worked on at once. */
export interface RunOptions {
  /**
   * Groups in work at once. At most twice as many are in memory, including those read ahead and those done but not yet consumed. No group
   * starts that is twice this number or more after an unfinished one.
   */
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** One run: groups are read, captioned and returned, each as soon as there is room. */
class Run {
  readonly #source: AsyncIterator<Group>;
  readonly #work: GroupWork;
  readonly #concurrency: number;
  /** Aborts the work in progress when the run ends. */
  readonly #stop = new AbortController();
  readonly #ahead: Group[] = [];
  /** Indices of the groups that were read and are not finished, in order. */
  readonly #unfinished = new Set<number>();
  readonly #done: CaptionedGroup[] = [];
  readonly #working = new Set<Promise<void>>();
  #reading: Promise<void> | undefined;
  /** One more than the index of the last group that was read. */
  #next = 0;
  #exhausted = false;
  /** Thrown after the results of all groups before it: a video that is damaged at its end has captions up to there. */
  #sourceError: { readonly error: unknown } | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Set while `next` waits. */
  #wake: (() => void) | undefined;

  constructor(groups: AsyncIterable<Group>, work: GroupWork, concurrency: number) {
    this.#source = groups[Symbol.asyncIterator]();
    this.#work = work;
    this.#concurrency = concurrency;
  }

  /** The next result, in order of completion; undefined after the last. Finished results come before an error. */
  async next(): Promise<CaptionedGroup | undefined> {
    for (;;) {
      this.#pump();
      const result = this.#done.shift();
      if (result !== undefined) {
        this.#pump();
        return result;
      }
      if (this.#failure) throw this.#failure.error;
      if (this.#exhausted && this.#working.size === 0 && this.#ahead.length === 0) {
        if (this.#sourceError) throw this.#sourceError.error;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends the run with an error, after the finished results. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(error);
    this.#ahead.length = 0;
    this.#wake?.();
  }

  /** Ends the run at once: finished results are dropped. */
  abort(reason: unknown): void {
    this.#done.length = 0;
    this.fail(reason);
  }

  /** Aborts the work in progress, waits for its end, and closes the source. */
  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#working);
    await this.#source.return?.();
  }

  #pump(): void {
    if (this.#failure) return;
    while (this.#working.size < this.#concurrency) {
      const group = this.#ahead.shift();
      if (group === undefined) break;
      this.#start(group);
    }
    if (!this.#exhausted && this.#reading === undefined && this.#hasRoom()) this.#read();
  }

  /**
   * True where one more group may be read: few enough are in memory, and the slowest is not too far behind. The code that puts results in
   * order keeps all those that come after it.
   */
  #hasRoom(): boolean {
    const limit = 2 * this.#concurrency;
    const [slowest = this.#next] = this.#unfinished;
    const inMemory = this.#working.size + this.#ahead.length + this.#done.length;
    return inMemory < limit && this.#next - slowest < limit;
  }

  #read(): void {
    this.#reading = this.#source.next().then(
      (result) => {
        if (result.done) this.#exhausted = true;
        else {
          this.#ahead.push(result.value);
          this.#unfinished.add(result.value.index);
          this.#next = result.value.index + 1;
        }
        this.#reading = undefined;
        this.#pump();
        this.#wake?.();
      },
      (error: unknown) => {
        this.#exhausted = true;
        this.#sourceError = { error };
        this.#wake?.();
      },
    );
  }

  #start(group: Group): void {
    const { video, index } = group;
    // An async function: work that throws synchronously must behave like work that rejects.
    const work = async () => this.#work(group, this.#stop.signal);
    const working = work()
      .then(
        (captions) => {
          this.#unfinished.delete(index);
          if (!this.#stop.signal.aborted) this.#done.push({ video, index, captions });
        },
        (error: unknown) => this.fail(error),
      )
      .then(() => {
        this.#working.delete(working);
        this.#pump();
        this.#wake?.();
      });
    this.#working.add(working);
  }
}

/**
 * Captions groups with `work` in this process, several at once. Results come in order of completion. The next group is read only when there
 * is room for it, so a slow consumer or slow work makes the source wait. An error of the source is thrown after the results of all groups
 * before it. An error of the work ends the run: finished results come first, work in progress is aborted, the source's `return` is called,
 * and the error is thrown. When `signal` aborts, its reason is thrown at once. A source whose `next` may block should stop it on the same
 * signal, because the end of the run waits for it.
 */
export async function* runGroups(
  groups: AsyncIterable<Group>,
  work: GroupWork,
  { concurrency, signal }: RunOptions,
): AsyncGenerator<CaptionedGroup, void, undefined> {
  const run = new Run(groups, work, concurrency);
  const onAbort = () => run.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    for (let result = await run.next(); result !== undefined; result = await run.next()) yield result;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await run.end();
  }
}
