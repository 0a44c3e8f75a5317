import { existsSync } from 'node:fs';
import { sentenceOf } from '../../core/errors.ts';
import type { Database } from '../index/database.ts';
import { knownContent, setUnfinished, type Unfinished } from '../recordings/recordings.ts';
import { registerRecording, unfinished } from '../recordings/register.ts';
import { type FoundFile, findRecordings, StabilityDetector } from '../recordings/scan.ts';
import type { WatchSettings } from './watch-settings.ts';

/** A file that cannot be opened, and was last changed so long ago, is broken. */
const GIVE_UP_MS = 3_600_000;

/** What looking through the folders takes. */
export interface InventoryContext {
  readonly settings: WatchSettings;
  readonly db: Database;
  readonly signal: AbortSignal;
  /** Says what keeps a folder from being looked through, when it begins. */
  readonly tell: (trouble: string) => void;
  /** The night in which something was found to be broken. */
  readonly night: () => number;
}

/** Which files lie in the watched folders, and which of them are complete. */
export class Inventory {
  readonly #context: InventoryContext;
  readonly #quiet: StabilityDetector;
  /** Path -> mark of what was entered: it is looked at again once it changes. */
  readonly #entered = new Map<string, string>();
  /** What kept folders from being looked through, the last time. */
  #troubles: ReadonlySet<string> = new Set();

  constructor(context: InventoryContext) {
    this.#context = context;
    this.#quiet = new StabilityDetector(context.settings.settle);
  }

  /** Looks through the folders and enters what is complete. True where a file may be so before long. */
  async scan(): Promise<boolean> {
    const { settings, db, signal, night } = this.#context;
    const { zone, names } = settings;
    const files = await this.#files();
    const quiet = new Set(this.#quiet.observe(files, performance.now()));
    const waiting: Unfinished[] = [];
    let soon = false;
    for (const file of files) {
      if (signal.aborted) return false;
      if (this.#entered.get(file.path) === file.mark) continue;
      if (!quiet.has(file) && knownContent(db, file.path, file.mark) === undefined) {
        waiting.push(unfinished(file, names, 'it is still growing'));
        soon = true;
        continue;
      }
      const reason = await registerRecording(db, file, { zone, names, giveUp: GIVE_UP_MS, night }, signal);
      if (reason === undefined) this.#entered.set(file.path, file.mark);
      else waiting.push(reason);
    }
    const present = new Set(files.map((file) => file.path));
    for (const path of this.#entered.keys()) if (!present.has(path)) this.#entered.delete(path);
    setUnfinished(db, waiting);
    return soon;
  }

  async #files(): Promise<FoundFile[]> {
    const { settings, tell } = this.#context;
    const files: FoundFile[] = [];
    const troubles = new Set<string>();
    for (const root of settings.roots) {
      const found = await findRecordings(root, (folder, error) => {
        // That a whole watched folder is away is said where its recordings are made to wait.
        if (folder !== root || existsSync(root))
          troubles.add(`${folder} cannot be looked through: ${sentenceOf(error)}`);
      });
      files.push(...found);
    }
    for (const trouble of troubles) if (!this.#troubles.has(trouble)) tell(trouble);
    this.#troubles = troubles;
    return files;
  }

  /** A file that was entered is there no more: should it come back, it is entered anew. */
  forget(path: string): void {
    this.#entered.delete(path);
  }
}
