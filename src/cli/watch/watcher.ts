import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import type { Database } from '../../overnight/database.ts';
import { type FoundFile, findRecordings, Quiet } from '../../overnight/discover.ts';
import { enrol } from '../../overnight/enrol.ts';
import { beginNight, EMPTY_NIGHT, type NightSummary, noteNight } from '../../overnight/nights.ts';
import { type Channel, deliverDue, enterMatches } from '../../overnight/outbox.ts';
import { choosePlan, learnCost, type Plan } from '../../overnight/plan.ts';
import {
  failRecording,
  type Recording,
  recordingsWhere,
  setUnfinished,
  type Unfinished,
} from '../../overnight/recordings.ts';
import { prune } from '../../overnight/retention.ts';
import { closingTime } from '../../overnight/window.ts';
import type { FileLock } from '../../pipeline/lock.ts';
import type { Bundle } from '../../workers/bundle.ts';
import type { Reporter } from '../caption/progress.ts';
import { problemOf } from '../caption/summary.ts';
import { EXIT } from '../exit.ts';
import { stateDir } from '../state.ts';
import type { Captioners } from './captioners.ts';
import { describeRecording } from './describe.ts';
import { closingSentence } from './sentence.ts';
import type { WatchSettings } from './settings.ts';

/** What the parts of a run of `watch` share. */
export interface WatchContext {
  readonly settings: WatchSettings;
  readonly db: Database;
  readonly bundle: Bundle;
  readonly captioners: Captioners;
  readonly channels: readonly Channel[];
  readonly lock: FileLock;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** Between two looks at the folders, and at the clock. */
const POLL_MS = 10_000;
const CLOCK_MS = 1000;
/** A file that cannot be opened, and was last changed so long ago, is broken. */
const GIVE_UP_MS = 3_600_000;
/** What began this long ago is the last night's; before that it is backlog. */
const NIGHT_MS = 86_400_000;
const PRUNE_MS = 3_600_000;
/** Troubles of the machine, not of a recording: the whole run waits. */
const WAIT_FOR = new Set([
  'output-full',
  'state-full',
  'output-permission',
  'output-folder-missing',
  'already-watched',
]);
/** Messages that could not be delivered hold `--once` up this often. */
const LAST_DELIVERIES = 3;

/** The window has closed; the recording in work goes on in the next one. */
class WindowClosed extends Error {}

/** Takes recordings as they become complete, one after the other. */
export class Watcher {
  readonly #context: WatchContext;
  readonly #quiet: Quiet;
  readonly #troubles = new Set<string>();
  #night: { readonly id: number; summary: NightSummary } | undefined;
  #pruned = Number.NEGATIVE_INFINITY;
  /** Bound up with the machine: nothing can be done for now. */
  #stuck: SecondGlanceError | undefined;

  constructor(context: WatchContext) {
    this.#context = context;
    this.#quiet = new Quiet(context.settings.settle);
  }

  /** Watches until a signal comes. */
  async forever(): Promise<number> {
    const { signal } = this.#context;
    while (!signal.aborted) {
      if (this.#isOpen()) {
        await this.#look();
        await this.#work();
      } else {
        this.#night = undefined;
        // The models' memory belongs to others during the day.
        await this.#context.captioners.close();
      }
      await this.#deliver();
      await this.#prune();
      await this.#rest(POLL_MS);
    }
    return EXIT.done;
  }

  /** Describes what is there now, and says what that came to. */
  async once(): Promise<number> {
    const { settings, db, signal } = this.#context;
    if (this.#isOpen()) {
      await this.#look();
      if (settings.settle > 0) {
        await this.#rest(settings.settle + 50);
        await this.#look();
      }
      this.#begin();
      await this.#work();
    }
    for (let tries = 0; tries < LAST_DELIVERIES && !signal.aborted; tries++) {
      const waiting = await this.#deliver();
      if (waiting === 0 || tries + 1 === LAST_DELIVERIES) break;
      await this.#rest(6000 * 2 ** tries);
    }
    await this.#prune();
    const summary = this.#night?.summary;
    const unfinished = (db.prepare('SELECT count(*) AS n FROM unfinished').get() as { n: number }).n;
    const line = closingSentence(summary, unfinished, this.#stuck);
    if (settings.json) {
      const event = { event: 'night', ...(summary ?? EMPTY_NIGHT), unfinished, open: summary !== undefined };
      process.stdout.write(`${JSON.stringify(event)}\n`);
    } else if (!settings.quiet || (summary?.failed ?? 0) > 0) process.stdout.write(`${line}\n`);
    if (this.#stuck !== undefined && (summary?.done ?? 0) === 0) return EXIT.failed;
    const { failed = 0, partial = 0, remaining = 0 } = summary ?? {};
    return failed + partial + remaining > 0 ? EXIT.partial : EXIT.done;
  }

  async #rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#context.signal }).catch(() => undefined);
  }

  /** When the window closes: undefined outside of it, infinite where there is none. */
  #closes(): number | undefined {
    const { window, zone } = this.#context.settings;
    return window === undefined ? Number.POSITIVE_INFINITY : closingTime(window, Date.now(), zone);
  }

  #isOpen(): boolean {
    return this.#closes() !== undefined && !this.#context.signal.aborted;
  }

  #begin(): { readonly id: number; summary: NightSummary } {
    const closes = this.#closes();
    const until = closes === undefined || closes === Number.POSITIVE_INFINITY ? undefined : closes;
    this.#night ??= { id: beginNight(this.#context.db, until), summary: EMPTY_NIGHT };
    return this.#night;
  }

  /** Looks through the folders and enters what is complete. */
  async #look(): Promise<void> {
    const { settings, db, reporter, signal } = this.#context;
    const { roots, zone, names } = settings;
    const files: FoundFile[] = [];
    for (const root of roots) {
      files.push(
        ...(await findRecordings(root, (folder, error) => {
          if (!this.#troubles.has(folder)) reporter.note(`${folder} cannot be looked through: ${sentenceOf(error)}`);
          this.#troubles.add(folder);
        })),
      );
    }
    const quiet = new Set(this.#quiet.observe(files, performance.now()));
    const unfinished: Unfinished[] = [];
    for (const file of files) {
      if (signal.aborted) return;
      if (!quiet.has(file)) {
        unfinished.push({
          path: file.path,
          camera: '',
          start: Math.round(file.changed),
          reason: 'it is still growing',
        });
        continue;
      }
      const reason = await enrol(db, file, { zone, names, giveUp: GIVE_UP_MS }, signal);
      if (reason !== undefined) unfinished.push(reason);
    }
    setUnfinished(db, unfinished);
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

  /** Describes what waits, until nothing does, the window closes, or a signal comes. */
  async #work(): Promise<void> {
    this.#stuck = undefined;
    /** Tried in vain in this round: the next one tries again. */
    const tried = new Set<number>();
    let looked = performance.now();
    while (this.#isOpen() && this.#stuck === undefined) {
      const { night, backlog } = this.#waiting();
      const due = night.filter(({ id }) => !tried.has(id));
      const late = backlog.filter(({ id }) => !tried.has(id));
      const [next] = due.length > 0 ? due : late;
      if (next === undefined) break;
      const video = (due.length > 0 ? due : late).reduce((sum, { duration }) => sum + duration, 0);
      const closes = this.#closes();
      if (closes === undefined) break;
      const left = closes === Number.POSITIVE_INFINITY ? undefined : closes - Date.now();
      if (!(await this.#describe(next, choosePlan(this.#context.db, video, left)))) tried.add(next.id);
      if (performance.now() - looked > 6 * POLL_MS) {
        looked = performance.now();
        await this.#look();
      }
      await this.#deliver();
    }
    if (this.#night !== undefined) this.#note({});
  }

  /** Adds to the night's record. */
  #note(more: Partial<NightSummary>): void {
    const night = this.#begin();
    const { night: due, backlog } = this.#waiting();
    const waiting = [...due, ...backlog];
    night.summary = {
      ...night.summary,
      ...more,
      remaining: waiting.length,
      remainingVideo: waiting.reduce((sum, { duration }) => sum + duration, 0),
    };
    noteNight(this.#context.db, night.id, night.summary);
  }

  /** Describes one recording. False where it still waits afterwards. */
  async #describe(recording: Recording, plan: Plan): Promise<boolean> {
    const { settings, db, bundle, captioners, channels, reporter, signal, lock } = this.#context;
    const { summary } = this.#begin();
    const closing = new AbortController();
    const clock = setInterval(() => {
      if (this.#closes() === undefined) closing.abort(new WindowClosed());
      if (!lock.held()) closing.abort(new Error('this run stood still so long that another one may have begun'));
    }, CLOCK_MS);
    const began = performance.now();
    try {
      const captioner = await captioners.get(plan.looks);
      const { night, backlog } = this.#waiting();
      const ended = summary.done + summary.partial + summary.failed;
      reporter.begin(recording.path, ended + 1, ended + night.length + backlog.length);
      const input = await describeRecording(
        {
          ...{ settings, db, bundle, captioner, reporter },
          stateDir: stateDir(),
          signal: AbortSignal.any([signal, closing.signal]),
          onIndexed: (done) => enterMatches(db, done, settings.notify, channels),
        },
        recording,
        plan,
      );
      const work = performance.now() - began;
      learnCost(db, plan, recording.duration, work);
      reporter.end({ ...input, video: recording.path });
      const { plans, video } = summary;
      this.#note({
        [input.state === 'done' ? 'done' : 'partial']: summary[input.state === 'done' ? 'done' : 'partial'] + 1,
        plans: { ...plans, [plan.name]: plans[plan.name] + 1 },
        video: video + recording.duration,
        work: summary.work + work,
      });
      return true;
    } catch (error) {
      if (signal.aborted || closing.signal.aborted) return false;
      return this.#fail(recording, error);
    } finally {
      clearInterval(clock);
    }
  }

  /** Notes why a recording could not be described. False where that may pass. */
  #fail(recording: Recording, error: unknown): boolean {
    const { db, reporter, settings } = this.#context;
    if (!(error instanceof SecondGlanceError)) throw error;
    if (WAIT_FOR.has(error.code)) {
      this.#stuck = error;
      reporter.note(sentenceOf(error));
      return false;
    }
    const gone = !existsSync(recording.path);
    const { code, message, retryable } = error;
    const failure = gone
      ? { code: 'recording-gone', message: `${recording.path} is there no more`, retryable: false }
      : { code, message, retryable };
    const state = failRecording(db, recording.id, failure);
    const problem = gone ? { code: failure.code, message: failure.message } : problemOf(error, settings.verbose);
    const nothing = { keyframes: 0, cues: 0, seconds: 0, outputs: [] };
    reporter.end({ video: recording.path, state: 'failed', ...nothing, problems: [problem] });
    if (state === 'failed') this.#note({ failed: this.#begin().summary.failed + 1 });
    return state !== 'pending';
  }

  /** Gives back how many messages wait for another try. */
  async #deliver(): Promise<number> {
    const { db, channels, reporter, signal } = this.#context;
    if (channels.length === 0) return 0;
    const { waiting, reason } = await deliverDue(db, channels, signal);
    if (reason !== undefined && !this.#troubles.has(reason)) reporter.note(`${reason}; it is tried again`);
    if (reason !== undefined) this.#troubles.add(reason);
    return waiting;
  }

  async #prune(): Promise<void> {
    const { settings, db } = this.#context;
    const { keepDays: days, keepSize: bytes, stateFile } = settings;
    if ((days === undefined && bytes === undefined) || performance.now() - this.#pruned < PRUNE_MS) return;
    this.#pruned = performance.now();
    await prune(db, stateFile, { days, bytes });
  }
}
