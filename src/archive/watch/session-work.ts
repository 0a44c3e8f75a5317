import { existsSync } from 'node:fs';
import { sentenceOf } from '../../core/errors.ts';
import { choosePlan } from '../recordings/plan.ts';
import { attempt } from './attempt.ts';
import { Backlog, type Turn } from './backlog.ts';
import { FolderAwayError, WindowClosedError } from './errors.ts';
import type { Inventory } from './inventory.ts';
import type { WatchContext } from './watch-context.ts';
import { WorkMeter } from './work-meter.ts';
import type { WorkWindow } from './work-window.ts';

/** What captioning the backlog needs of the run around it. */
export interface SessionWorkOptions {
  readonly window: WorkWindow;
  readonly inventory: Inventory;
  /** Called after every recording. */
  readonly onProgress: () => Promise<void>;
}

/** Captions what waits, as many recordings at once as the captioner takes. */
export class SessionWork {
  readonly #context: WatchContext;
  readonly #options: SessionWorkOptions;
  readonly #backlog: Backlog;
  readonly #meter = new WorkMeter();
  /** Watched folders that were unavailable at the last turn. */
  #away: ReadonlySet<string> = new Set();

  constructor(context: WatchContext, options: SessionWorkOptions) {
    this.#context = context;
    this.#options = options;
    this.#backlog = new Backlog(context.db, context.timings);
  }

  /** Recordings that are pending: between two runs, those that wait for another attempt. */
  get remaining(): number {
    return this.#backlog.remaining.recordings;
  }

  /** Scans the folders, and puts what is complete into the backlog. True where a file may become complete soon. */
  async scan(): Promise<boolean> {
    const soon = await this.#options.inventory.scan();
    this.#backlog.refresh();
    return soon;
  }

  /**
   * Captions until nothing is due, the window closes, or the signal aborts. Throws failures of the environment and
   * unexpected ones, after the recordings in progress have ended.
   */
  async run(): Promise<void> {
    const { signal, captioner, timings } = this.#context;
    const { window, onProgress } = this.#options;
    const ending = new AbortController();
    const clock = setInterval(() => {
      if (!window.isOpen()) ending.abort(new WindowClosedError());
    }, timings.clock);
    const both = AbortSignal.any([signal, ending.signal]);
    const running = new Set<Promise<void>>();
    let failure: { readonly error: unknown } | undefined;
    const fail = (error: unknown): void => {
      failure ??= { error };
      ending.abort(error);
    };
    let scanned = performance.now();
    try {
      for (;;) {
        while (running.size < captioner.concurrency && !both.aborted && window.isOpen()) {
          const turn = this.#next();
          if (turn === undefined) break;
          const attempted: Promise<void> = this.#attempt(turn, both)
            .catch(fail)
            .finally(() => running.delete(attempted));
          running.add(attempted);
        }
        if (running.size === 0) break;
        await Promise.race(running);
        window.note(this.#backlog.remaining);
        await onProgress();
        if (performance.now() - scanned > timings.rescan) {
          scanned = performance.now();
          await this.scan();
        }
      }
    } catch (error) {
      fail(error);
    }
    clearInterval(clock);
    await Promise.all(running);
    if (failure !== undefined) throw failure.error;
    window.note(this.#backlog.remaining);
  }

  #next(): Turn | undefined {
    const { settings, reporter } = this.#context;
    const away = new Set(settings.roots.filter((root) => !existsSync(root)));
    for (const root of away) if (!this.#away.has(root)) reporter.note(sentenceOf(new FolderAwayError(root)));
    for (const root of this.#away) if (!away.has(root)) reporter.note(`${root} is back: its recordings are captioned`);
    this.#away = away;
    return this.#backlog.next(away);
  }

  async #attempt({ recording, video }: Turn, signal: AbortSignal): Promise<void> {
    const { window, inventory } = this.#options;
    const plan = choosePlan(this.#context.db, video, window.left());
    const session = window.session();
    const position = [window.ended + 1, window.ended + this.#backlog.remaining.recordings] as const;
    const meter = this.#meter;
    let outcome: Awaited<ReturnType<typeof attempt>> = 'stopped';
    try {
      outcome = await attempt(this.#context, { recording, plan, session, position, signal, meter });
    } finally {
      if (outcome === 'ended') {
        this.#backlog.finish(recording);
        window.ended += 1;
        inventory.forget(recording.path);
      } else if (outcome === 'postponed') this.#backlog.postpone(recording);
      else this.#backlog.giveBack(recording);
    }
  }
}
