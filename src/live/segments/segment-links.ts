import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/time/clock.ts';
import type { LiveEvent, LiveOutput, SegmentLink } from '../live-event.ts';
import type { SegmentFile, SegmentFolder } from './segment-folder.ts';

/** The folder is looked at at most so often. */
const SCAN_MS = 1000;
/** A program that records may write so late what it has seen. */
const LATE_MS = 30_000;
/** A disk that hangs does not hold up captions for longer. */
const PATIENCE_MS = 2000;

/** What links need of the run around them. */
export interface SegmentLinkRun {
  readonly clock: Pick<Clock, 'now'>;
  /** Says something to the user, in one line. */
  readonly report: (note: string) => void;
}

function timeOf(event: LiveEvent): number | undefined {
  if (event.kind === 'caption') return event.at;
  return event.kind === 'cue' || event.kind === 'open-cue' || event.kind === 'event' ? event.start : undefined;
}

/** Finds, for what is seen in live sources, the file in which another program has recorded it, and the place in it. */
export class SegmentLinks {
  readonly #folder: SegmentFolder;
  readonly #sources: readonly string[];
  readonly #run: SegmentLinkRun;
  readonly #linked = new WeakMap<LiveEvent, Promise<LiveEvent>>();
  readonly #missing = new Set<string>();
  #scanned = Number.NEGATIVE_INFINITY;
  #scanning: Promise<void> | undefined;

  /** @param sources the names of all sources: a file belongs to the one that its camera is called like; to a single source, each */
  constructor(folder: SegmentFolder, sources: readonly string[], run: SegmentLinkRun) {
    this.#folder = folder;
    this.#sources = sources;
    this.#run = run;
  }

  /** An output whose events name files. */
  output(to: LiveOutput): LiveOutput {
    return {
      usesPictures: to.usesPictures,
      write: async (event) => to.write(await this.link(event)),
      close: () => to.close(),
    };
  }

  /** The event, with the file where there is one. All outputs get the same. */
  link(event: LiveEvent): Promise<LiveEvent> {
    const known = this.#linked.get(event) ?? this.#link(event);
    this.#linked.set(event, known);
    return known;
  }

  async #link(event: LiveEvent): Promise<LiveEvent> {
    const time = timeOf(event);
    if (time === undefined) return event;
    const waiting = new AbortController();
    const patience = sleep(PATIENCE_MS, undefined, { signal: waiting.signal, ref: false }).catch(() => undefined);
    const segment = await Promise.race([this.#find(event.source, time), patience]);
    waiting.abort();
    return segment === undefined ? event : ({ ...event, segment } as LiveEvent);
  }

  async #find(source: string, time: number): Promise<SegmentLink | undefined> {
    await this.#scan(time);
    const file = this.#folder.files.findLast((one) => one.start <= time && this.#isOf(one, source));
    if (file === undefined) {
      this.#sayMissing(source);
      return undefined;
    }
    const written = await stat(file.path).catch(() => undefined);
    if (written === undefined || written.mtimeMs + LATE_MS < time) return undefined;
    return { file: file.path, start: file.start };
  }

  #isOf({ camera }: SegmentFile, source: string): boolean {
    return this.#sources.length === 1 || camera.toLowerCase() === source.toLowerCase();
  }

  /** What began before the last look is known. */
  async #scan(time: number): Promise<void> {
    const now = this.#run.clock.now();
    if (time < this.#scanned || Math.abs(now - this.#scanned) < SCAN_MS) return;
    this.#scanning ??= this.#folder
      .scan(now)
      .then(() => {
        this.#scanned = now;
      })
      .finally(() => {
        this.#scanning = undefined;
      });
    await this.#scanning;
  }

  #sayMissing(source: string): void {
    if (this.#missing.has(source)) return;
    this.#missing.add(source);
    const cameras = [...new Set(this.#folder.files.map(({ camera }) => camera))];
    const what =
      cameras.length === 0 ? 'no file there has a time in its name' : `those there are of ${cameras.join(', ')}`;
    this.#run.report(`${source}: --segments has no recording of it yet (${what})`);
  }
}
