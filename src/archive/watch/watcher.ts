import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pruneJournals } from '../../captioning/journal-files.ts';
import { type SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import { EXIT } from '../../core/failures.ts';
import { stateDir } from '../../storage/state-folder.ts';
import { deliverDue } from '../alerts/outbox.ts';
import { readableError } from '../index/database.ts';
import { prune } from '../index/retention.ts';
import { choosePlan, type Plan } from '../recordings/plan.ts';
import { type Recording, recordingsWhere, unfinishedFiles } from '../recordings/recordings.ts';
import { EMPTY_SESSION } from '../recordings/sessions.ts';
import { attempt } from './attempt.ts';
import { closingSentence } from './closing-sentence.ts';
import { AlreadyWatchedError, FolderAwayError, isEnvironmentError, WindowClosedError } from './errors.ts';
import { Inventory } from './inventory.ts';
import type { WatchContext } from './watch-context.ts';
import { WorkWindow } from './work-window.ts';

/** Between two looks at the folders, at the clock, and where nothing can be done for now. */
const POLL_MS = 10_000;
const CLOCK_MS = 1000;
const STUCK_MS = 60_000;
/** What began this long ago is the last night's; before that it is backlog. */
const NIGHT_MS = 86_400_000;
const PRUNE_MS = 3_600_000;
/** A recording that has to wait is tried again after so long, then after twice that, and so on. */
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 1_800_000;
/** Messages that could not be delivered hold `--once` up this often. */
const LAST_DELIVERIES = 3;

/** Takes recordings as they become complete: the last night's first, the backlog after. */
export class Watcher {
  readonly #context: WatchContext;
  readonly #nights: WorkWindow;
  readonly #inventory: Inventory;
  readonly #told = new Set<string>();
  /** Recordings that have to wait: how often they did, and until when (by `performance.now()`). */
  readonly #later = new Map<number, { readonly times: number; readonly until: number }>();
  /** Watched folders that were away when last looked at. */
  #away: ReadonlySet<string> = new Set();
  #pruned = Number.NEGATIVE_INFINITY;
  /** Nothing can be done for now. */
  #stuck: SecondGlanceError | undefined;

  constructor(context: WatchContext) {
    const { settings, db, signal } = context;
    this.#context = context;
    this.#nights = new WorkWindow(settings, db);
    this.#inventory = new Inventory({
      ...{ settings, db, signal },
      tell: (trouble) => context.reporter.note(trouble),
      night: () => this.#nights.id(),
    });
  }

  /** Watches until a signal comes. */
  async forever(): Promise<number> {
    const { signal, describer, settings } = this.#context;
    while (!signal.aborted) {
      let soon = false;
      if (this.#isOpen()) {
        await this.#unlessStuck(async () => {
          soon = await this.#inventory.scan();
          await this.#work();
        });
      } else {
        // The models' memory belongs to others during the day.
        await describer.rest();
      }
      await this.#unlessStuck(async () => {
        await this.#deliver();
        await this.#prune();
      });
      const pause = soon ? Math.min(POLL_MS, settings.settle + 50) : POLL_MS;
      await this.#rest(this.#stuck === undefined ? pause : STUCK_MS);
    }
    return EXIT.done;
  }

  /** Describes what is there now, and says what that came to. */
  async once(): Promise<number> {
    const { settings, signal } = this.#context;
    await this.#unlessStuck(async () => {
      if (!this.#isOpen()) return;
      if (await this.#inventory.scan()) {
        await this.#rest(settings.settle + 50);
        await this.#inventory.scan();
      }
      this.#nights.id();
      await this.#work();
    });
    const hindrance = this.#stuck;
    await this.#unlessStuck(async () => {
      for (let tries = 0; tries < LAST_DELIVERIES && !signal.aborted; tries++) {
        const waiting = await this.#deliver();
        if (waiting === 0 || tries + 1 === LAST_DELIVERIES) break;
        await this.#rest(6000 * 2 ** tries);
      }
      await this.#prune();
    });
    return this.#conclude(hindrance ?? this.#stuck);
  }

  #conclude(stuck: SecondGlanceError | undefined): number {
    const { settings, db } = this.#context;
    const night = this.#nights.summary();
    const unfinished = unfinishedFiles(db).length;
    const { done, partial, failed, remaining } = night ?? EMPTY_SESSION;
    if (settings.json) {
      const hindrance = stuck === undefined ? {} : { hindrance: { code: stuck.code, message: stuck.message } };
      const event = {
        event: 'night',
        ...(night ?? EMPTY_SESSION),
        unfinished,
        open: night !== undefined,
        ...hindrance,
      };
      process.stdout.write(`${JSON.stringify(event)}\n`);
    } else if (!settings.quiet || failed + remaining > 0 || stuck !== undefined) {
      process.stdout.write(`${closingSentence(night, unfinished, stuck)}\n`);
    }
    if (stuck === undefined && failed + partial + remaining === 0) return EXIT.done;
    const vain = done + partial === 0 && (stuck !== undefined || failed > 0);
    return vain ? EXIT.failed : EXIT.partial;
  }

  async #rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#context.signal }).catch(() => undefined);
  }

  /** Says something once, until something has been achieved again. */
  #tell(trouble: string): void {
    if (!this.#told.has(trouble)) this.#context.reporter.note(trouble);
    this.#told.add(trouble);
  }

  /** What hinders the whole run (a full disk, a share that is away) is told and waited for. */
  async #unlessStuck(act: () => Promise<void>): Promise<void> {
    const { settings, lock } = this.#context;
    if (!lock.held()) throw new AlreadyWatchedError(settings.stateFile);
    try {
      this.#stuck = undefined;
      await act();
    } catch (thrown) {
      const error = readableError(settings.stateFile, thrown);
      if (!isEnvironmentError(error)) throw error;
      this.#stuck = error;
      this.#tell(sentenceOf(error));
    }
  }

  #isOpen(): boolean {
    return this.#nights.closes() !== undefined && !this.#context.signal.aborted;
  }

  /** What waits: the last night's in the order of its hours, then the backlog, the newest first. */
  #waiting(): { readonly night: readonly Recording[]; readonly backlog: readonly Recording[] } {
    const pending = recordingsWhere(this.#context.db, "r.state = 'pending'");
    const since = Date.now() - NIGHT_MS;
    return {
      night: pending.filter(({ start }) => start >= since),
      backlog: pending.filter(({ start }) => start < since).reverse(),
    };
  }

  /** What is to be described next, and how closely: as the time that is left allows for all of its kind. */
  #next(running: ReadonlyMap<number, unknown>): { readonly recording: Recording; readonly plan: Plan } | undefined {
    const now = performance.now();
    const { night, backlog } = this.#waiting();
    const away = new Set(this.#context.settings.roots.filter((root) => !existsSync(root)));
    for (const root of away)
      if (!this.#away.has(root)) this.#context.reporter.note(sentenceOf(new FolderAwayError(root)));
    this.#away = away;
    const isDue = ({ id, root }: Recording): boolean =>
      !away.has(root) && !running.has(id) && (this.#later.get(id)?.until ?? 0) <= now;
    for (const kind of [night, backlog]) {
      const due = kind.filter(isDue);
      const [recording] = due;
      if (recording === undefined) continue;
      const video = due.reduce((sum, { duration }) => sum + duration, 0);
      return { recording, plan: choosePlan(this.#context.db, video, this.#nights.left()) };
    }
    return undefined;
  }

  /** Describes what waits, until nothing does, the window closes, or a signal comes. */
  async #work(): Promise<void> {
    const { lock, settings, signal, describer } = this.#context;
    const ending = new AbortController();
    const clock = setInterval(() => {
      if (this.#nights.closes() === undefined) ending.abort(new WindowClosedError());
      if (!lock.held()) ending.abort(new AlreadyWatchedError(settings.stateFile));
    }, CLOCK_MS);
    const both = AbortSignal.any([signal, ending.signal]);
    const running = new Map<number, Promise<void>>();
    let failure: { readonly error: unknown } | undefined;
    const fail = (error: unknown): void => {
      failure ??= { error };
      ending.abort(error);
    };
    let looked = performance.now();
    try {
      for (;;) {
        const next =
          this.#isOpen() && !both.aborted && running.size < describer.slots ? this.#next(running) : undefined;
        if (next !== undefined) {
          const { id } = next.recording;
          const attempted = this.#attempt(next.recording, next.plan, both).catch(fail);
          running.set(
            id,
            attempted.finally(() => running.delete(id)),
          );
          if (running.size < describer.slots) continue;
        }
        if (running.size === 0) break;
        await Promise.race(running.values());
        this.#note();
        await this.#deliver();
        if (performance.now() - looked > 6 * POLL_MS) {
          looked = performance.now();
          await this.#inventory.scan();
        }
      }
    } catch (error) {
      fail(error);
    }
    clearInterval(clock);
    await Promise.all(running.values());
    if (failure !== undefined) throw failure.error;
    this.#note();
  }

  #note(): void {
    const { night, backlog } = this.#waiting();
    this.#nights.note([...night, ...backlog]);
  }

  async #attempt(recording: Recording, plan: Plan, signal: AbortSignal): Promise<void> {
    const { id } = recording;
    const night = this.#nights.id();
    const { done = 0, partial = 0, failed = 0 } = this.#nights.summary() ?? {};
    const ended = done + partial + failed;
    const { night: due, backlog } = this.#waiting();
    const position = [ended + 1, ended + due.length + backlog.length] as const;
    const outcome = await attempt(this.#context, { recording, plan, night, position, signal });
    if (outcome === 'ended') {
      this.#later.delete(id);
      this.#told.clear();
      this.#inventory.forget(recording.path);
    } else if (outcome === 'later') {
      const times = this.#later.get(id)?.times ?? 0;
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(times, 10));
      this.#later.set(id, { times: times + 1, until: performance.now() + wait });
    }
  }

  /** Gives back how many messages wait for another try. */
  async #deliver(): Promise<number> {
    const { db, channels, signal } = this.#context;
    if (channels.length === 0) return 0;
    const { waiting, lost, reasons } = await deliverDue(db, channels, signal);
    if (lost > 0) this.#tell(`${lost} messages are given up: nobody took them for a week`);
    for (const reason of reasons) this.#tell(`${reason}; it is tried again`);
    return waiting;
  }

  async #prune(): Promise<void> {
    const { settings, db } = this.#context;
    const { keepDays: days, keepSize: bytes, stateFile } = settings;
    if (performance.now() - this.#pruned < PRUNE_MS) return;
    this.#pruned = performance.now();
    await pruneJournals(stateDir());
    if (days !== undefined || bytes !== undefined) await prune(db, stateFile, { days, bytes });
  }
}
