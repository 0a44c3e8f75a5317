import { setTimeout as sleep } from 'node:timers/promises';
import { pruneJournals } from '../../captioning/journal-files.ts';
import { failedSummary } from '../../captioning/summary.ts';
import { stateDir } from '../../config/state-folder.ts';
import { type SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import { deliverDue } from '../alerts/outbox.ts';
import { backUp } from '../index/backups.ts';
import { readableError } from '../index/database.ts';
import { prune } from '../index/retention.ts';
import { unfinishedFiles } from '../recordings/seen-files.ts';
import type { WatchSession } from '../recordings/work-sessions.ts';
import { canWaitOut } from './errors.ts';
import { Inventory } from './inventory.ts';
import { SessionWork } from './session-work.ts';
import { WaitingNotes } from './waiting-notes.ts';
import type { WatchContext } from './watch-context.ts';
import { WorkWindow } from './work-window.ts';

/** Attempts of `--once` at delivering messages. */
const DELIVERIES = 3;

/** What a run of `watch` over what is there now came to. */
export interface WatchResult {
  /** Undefined outside of the time window. */
  readonly session: WatchSession | undefined;
  /** Files that are still being written, or look like it. */
  readonly unfinished: number;
  /** Why work ended before everything was tried; a later run may succeed. */
  readonly stopped: SecondGlanceError | undefined;
}

/** Captions recordings as they become complete, inside the time window. */
export class Watcher {
  readonly #context: WatchContext;
  readonly #window: WorkWindow;
  readonly #work: SessionWork;
  readonly #notes: WaitingNotes;
  /** What was reported since the last recording that ended. */
  readonly #reported = new Set<string>();
  #ended = 0;
  #pruned = Number.NEGATIVE_INFINITY;

  constructor(context: WatchContext) {
    const { settings, db, signal, reporter } = context;
    this.#context = context;
    this.#window = new WorkWindow(settings, db);
    this.#notes = new WaitingNotes(settings, reporter.note);
    const inventory = new Inventory({
      ...{ settings, db, signal },
      onProblem: (problem) => reporter.note(problem),
      onFirstFiles: (found) => this.#notes.found(found),
      onBroken: (file, failure) => reporter.end(failedSummary(file, failure, settings.verbose)),
      session: () => this.#window.session(),
    });
    this.#work = new SessionWork(context, {
      ...{ window: this.#window, inventory },
      onProgress: async () => {
        if (this.#window.ended !== this.#ended) this.#reported.clear();
        this.#ended = this.#window.ended;
        await this.#deliver();
      },
    });
  }

  /** Watches until the signal aborts. */
  async forever(): Promise<void> {
    const { signal, captioner, settings, timings, db } = this.#context;
    while (!signal.aborted) {
      let soon = false;
      let blocked: SecondGlanceError | undefined;
      const open = this.#isOpen();
      if (open) {
        blocked = await this.#unlessBlocked(async () => {
          soon = await this.#work.scan();
          await this.#work.run();
        });
      } else {
        // Outside of the window the models' memory is free for other programs.
        await captioner.release();
      }
      const undelivered = await this.#unlessBlocked(async () => {
        await this.#deliver();
        await this.#prune();
      });
      blocked ??= undelivered;
      if (blocked === undefined && !signal.aborted) {
        const unfinished = unfinishedFiles(db);
        this.#notes.unfinished(unfinished);
        this.#notes.idle({ open, unfinished, postponed: open ? this.#work.remaining : 0 });
      }
      const pause = soon ? Math.min(timings.poll, settings.settle + 50) : timings.poll;
      await this.#sleep(blocked === undefined ? pause : timings.blocked);
    }
  }

  /** Captions what is there now. */
  async once(): Promise<WatchResult> {
    const { settings, signal, timings, db } = this.#context;
    let stopped = await this.#unlessBlocked(async () => {
      if (!this.#isOpen()) return;
      if (await this.#work.scan()) {
        await this.#sleep(settings.settle + 50);
        await this.#work.scan();
      }
      this.#window.session();
      await this.#work.run();
    });
    const undelivered = await this.#unlessBlocked(async () => {
      for (let tries = 0; tries < DELIVERIES && !signal.aborted; tries++) {
        const waiting = await this.#deliver();
        if (waiting === 0 || tries + 1 === DELIVERIES) break;
        await this.#sleep(timings.redeliver * 2 ** tries);
      }
      await this.#prune();
    });
    stopped ??= undelivered;
    const unfinished = unfinishedFiles(db);
    if (!signal.aborted) this.#notes.unfinished(unfinished, { all: true });
    return { session: this.#window.summary(), unfinished: unfinished.length, stopped };
  }

  #isOpen(): boolean {
    return this.#window.isOpen() && !this.#context.signal.aborted;
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#context.signal }).catch(() => undefined);
  }

  /** Reports a problem once, until another recording has ended. */
  #report(problem: string): void {
    if (!this.#reported.has(problem)) this.#context.reporter.note(problem);
    this.#reported.add(problem);
  }

  /** Does something. A failure that may pass (a full disk, no inference process) is reported and returned. */
  async #unlessBlocked(act: () => Promise<void>): Promise<SecondGlanceError | undefined> {
    try {
      await act();
      return undefined;
    } catch (thrown) {
      const error = readableError(this.#context.settings.stateFile, thrown);
      if (!canWaitOut(error)) throw error;
      this.#report(sentenceOf(error));
      return error;
    }
  }

  /** Returns how many messages wait for another attempt. */
  async #deliver(): Promise<number> {
    const { db, transports, signal, settings } = this.#context;
    if (transports.length === 0) return 0;
    const { waiting, expired, reasons } = await deliverDue({ db, file: settings.stateFile }, transports, signal);
    if (expired > 0) this.#report(`${expired} messages were dropped: they could not be delivered for a week`);
    for (const reason of reasons) this.#report(`${reason}; will retry`);
    return waiting;
  }

  async #prune(): Promise<void> {
    const { settings, db, signal, timings } = this.#context;
    const { keepDays: days, keepSize: bytes, stateFile } = settings;
    if (performance.now() - this.#pruned < timings.prune) return;
    this.#pruned = performance.now();
    await pruneJournals(stateDir());
    try {
      backUp(db, stateFile);
    } catch (error) {
      this.#report(`no backup of the state file could be made: ${sentenceOf(error)}`);
    }
    if (days !== undefined || bytes !== undefined) await prune(db, stateFile, { days, bytes }, { signal });
  }
}
