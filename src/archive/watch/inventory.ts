import { existsSync } from 'node:fs';
import { type SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import type { Database } from '../index/database.ts';
import { readName, registerRecording, STILL_WRITTEN, unfinished } from '../recordings/register.ts';
import { type FoundFile, findRecordings, StabilityDetector } from '../recordings/scan.ts';
import { knownContent, setUnfinished, type Unfinished } from '../recordings/seen-files.ts';
import type { WatchSettings } from './watch-settings.ts';

/** A file that cannot be opened, and was last changed this long ago, is broken and not unfinished. */
const BROKEN_AFTER_MS = 3_600_000;

/** The files of the first scan that found any, described ones included. */
export interface FirstFiles {
  readonly files: number;
  /** In order. */
  readonly cameras: readonly string[];
  /** Names that have no time in the pattern of `--names`, or in any that is known. */
  readonly untimed: readonly string[];
}

/** What scanning the folders needs. */
export interface InventoryContext {
  readonly settings: WatchSettings;
  readonly db: Database;
  readonly signal: AbortSignal;
  /** Called once when a folder becomes unreadable, and once when it can be read again. */
  readonly onProblem: (problem: string) => void;
  /** Called for a file that is found to be broken. */
  readonly onBroken: (file: string, failure: SecondGlanceError) => void;
  /** Called once: what is there when files are found for the first time. */
  readonly onFirstFiles: (found: FirstFiles) => void;
  /** Id of the session in which a file is found to be broken. */
  readonly session: () => number;
}

/** Which files are in the watched folders, and which of them are complete. */
export class Inventory {
  readonly #context: InventoryContext;
  readonly #stability: StabilityDetector;
  /** Path -> mark of what is registered: it is examined again once its mark changes. */
  readonly #registered = new Map<string, string>();
  #found = false;
  /** Problems of the last scan. */
  #problems: ReadonlySet<string> = new Set();
  /** The folders, and the files, that they were about. */
  #broken: ReadonlySet<string> = new Set();

  constructor(context: InventoryContext) {
    this.#context = context;
    this.#stability = new StabilityDetector(context.settings.settle);
  }

  /** Scans the folders and registers what is complete. True where a file may become complete soon. */
  async scan(): Promise<boolean> {
    const { settings, db, signal, session, onBroken } = this.#context;
    const { zone, names } = settings;
    const files = await this.#files();
    this.#noteFirst(files);
    const stable = new Set(this.#stability.observe(files, performance.now()));
    const waiting: Unfinished[] = [];
    let soon = false;
    for (const file of files) {
      if (signal.aborted) return false;
      if (this.#registered.get(file.path) === file.mark) continue;
      if (!stable.has(file) && knownContent(db, file.path, file.mark) === undefined) {
        waiting.push(unfinished(file, names, STILL_WRITTEN));
        soon = true;
        continue;
      }
      const settings = { zone, names, brokenAfter: BROKEN_AFTER_MS, session, onBroken };
      const reason = await registerRecording(db, file, settings, signal);
      if (reason === undefined) this.#registered.set(file.path, file.mark);
      else waiting.push(reason);
    }
    const present = new Set(files.map((file) => file.path));
    for (const path of this.#registered.keys()) if (!present.has(path)) this.#registered.delete(path);
    setUnfinished(db, waiting);
    return soon;
  }

  #noteFirst(files: readonly FoundFile[]): void {
    if (this.#found || files.length === 0) return;
    this.#found = true;
    const { settings, onFirstFiles } = this.#context;
    const read = files.map((file) => ({ ...readName(file, settings.names), name: file.name }));
    onFirstFiles({
      files: files.length,
      cameras: [...new Set(read.map(({ camera }) => camera))].sort(),
      untimed: read.filter(({ timed }) => !timed).map(({ name }) => name),
    });
  }

  async #files(): Promise<FoundFile[]> {
    const { settings, onProblem } = this.#context;
    const files: FoundFile[] = [];
    const problems = new Set<string>();
    const broken = new Set<string>();
    for (const root of settings.roots) {
      const found = await findRecordings(root, (folder, error) => {
        // A whole watched folder that is unavailable is reported where its recordings lose their turn.
        if (folder === root && !existsSync(root)) return;
        broken.add(folder);
        problems.add(`${folder} cannot be scanned: ${sentenceOf(error)}; will retry`);
      });
      files.push(...found);
    }
    for (const problem of problems) if (!this.#problems.has(problem)) onProblem(problem);
    for (const folder of this.#broken) {
      if (!broken.has(folder) && existsSync(folder)) onProblem(`${folder} can be scanned again`);
    }
    this.#problems = problems;
    this.#broken = broken;
    return files;
  }

  /** Examines a file again at the next scan: one that was gone may come back. */
  forget(path: string): void {
    this.#registered.delete(path);
  }
}
