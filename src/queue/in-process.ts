import type { Caption, Group } from '../core/types.ts';

/** A group that has been captioned; its pictures are no longer held. */
export interface GroupResult {
  readonly video: string;
  readonly index: number;
  readonly captions: readonly Caption[];
}

/** What is done with a group; it is given up when `signal` aborts. */
export type GroupWork = (group: Group, signal: AbortSignal) => Promise<readonly Caption[]>;

/** How much goes on at once. */
export interface RunOptions {
  /**
   * Groups in work at once. As many again may wait, read ahead or done and not yet taken: never more than twice this
   * number is held, and none is started that lies twice this number or more after one that is not done.
   */
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** One run: groups are read, worked on and handed over, each as soon as there is room. */
class Run {
  readonly #source: AsyncIterator<Group>;
  readonly #work: GroupWork;
  readonly #concurrency: number;
  /** Ends the work that goes on when nobody wants its results any more. */
  readonly #stop = new AbortController();
  readonly #ahead: Group[] = [];
  /** Indices of the groups that were read and are not done yet, in order. */
  readonly #unfinished = new Set<number>();
  readonly #done: GroupResult[] = [];
  readonly #working = new Set<Promise<void>>();
  #reading: Promise<void> | undefined;
  /** One more than the index of the last group that was read. */
  #next = 0;
  #exhausted = false;
  /** Thrown after everything that the source gave before it: a video that is broken at its end has captions up to there. */
  #sourceError: { readonly error: unknown } | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Set while `next` waits for something to happen. */
  #wake: (() => void) | undefined;

  constructor(groups: AsyncIterable<Group>, work: GroupWork, concurrency: number) {
    this.#source = groups[Symbol.asyncIterator]();
    this.#work = work;
    this.#concurrency = concurrency;
  }

  /** The next result, in order of completion; undefined after the last. What was done before an error comes out before it. */
  async next(): Promise<GroupResult | undefined> {
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

  /** Ends the run with an error; what is done already still comes out. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(error);
    this.#ahead.length = 0;
    this.#wake?.();
  }

  /** Drops results that are done, so that an abort is felt at once. */
  abort(reason: unknown): void {
    this.#done.length = 0;
    this.fail(reason);
  }

  /** Gives up what goes on, waits for its end, and lets the source clean up. */
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
   * Room for one more group: few enough are held, and the slowest is not left too far behind. Whoever puts the results
   * in order holds all that come after it.
   */
  #hasRoom(): boolean {
    const most = 2 * this.#concurrency;
    const [slowest = this.#next] = this.#unfinished;
    const held = this.#working.size + this.#ahead.length + this.#done.length;
    return held < most && this.#next - slowest < most;
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
    // An async function, so that work which throws at once is no different from work that rejects.
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
 * Runs groups through `work`, several at once, in this process. Results come in order of completion. The next group is read only when there
 * is room for it, so a slow consumer or slow work makes the source wait. An error of the source is thrown after the results of all that it
 * gave before. An error of the work ends the run: results done before it come out, work that goes on is aborted, the source's `return` is
 * called, and the error is thrown. When `signal` aborts, its reason is thrown at once. A source that may wait for long should end its pending `next` on the same signal: the run's end waits for it.
 */
export async function* runGroups(
  groups: AsyncIterable<Group>,
  work: GroupWork,
  { concurrency, signal }: RunOptions,
): AsyncGenerator<GroupResult, void, undefined> {
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
