import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../core/errors.ts';
import { MEDIA_EXTENSIONS } from '../../ingest/sources/sniff.ts';
import { asInputError, isUndecoded } from '../../ingest/sources/sources.ts';
import { isSystemFolder } from '../../ingest/sources/system-folders.ts';

/** A file that may be a recording, as it is now. */
export interface FoundFile {
  readonly path: string;
  /** The watched folder. */
  readonly root: string;
  /** Path below the watched folder, with `/`. */
  readonly name: string;
  readonly size: number;
  /** Time of the last change, milliseconds since 1970. */
  readonly changed: number;
  /** Size, time of change and inode: differs as soon as anything about the file has changed. */
  readonly mark: string;
}

/** Proprietary containers of recorders that ffmpeg reads. */
const MORE_EXTENSIONS: ReadonlySet<string> = new Set(['.dav', '.bvr', '.ubv']);
/** Media extensions that are not recordings: the videos of a playlist are found by themselves. */
const NO_RECORDINGS: ReadonlySet<string> = new Set(['.m3u8', '.gif']);

/** Whether a file of this name may be a recording. */
export function isRecording(name: string): boolean {
  const extension = path.extname(name).toLowerCase();
  return (MEDIA_EXTENSIONS.has(extension) && !NO_RECORDINGS.has(extension)) || MORE_EXTENSIONS.has(extension);
}

/**
 * All files below `root` that may be recordings, in order of their names, without hidden files, system folders and links to folders. A
 * folder that cannot be read (an unmounted share) is reported to `onProblem` and does not affect the others.
 */
export async function findRecordings(
  root: string,
  onProblem: (folder: string, error: unknown) => void,
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const search = async (below: string): Promise<void> => {
    const folder = path.join(root, below);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      // A recorder may remove a folder during the scan; only the watched folder itself has to exist.
      if (below === '' || errnoOf(error) !== 'ENOENT') onProblem(folder, error);
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || isSystemFolder(entry.name)) continue;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await search(name);
      else if (isRecording(entry.name)) {
        const file = path.join(root, name);
        const info = await stat(file).catch((error: unknown) => {
          if (isUndecoded(name)) onProblem(file, asInputError(error, file));
          return undefined;
        });
        if (info?.isFile() !== true) continue;
        const { size, mtimeMs, ino } = info;
        found.push({ path: file, root, name, size, changed: mtimeMs, mark: `${size} ${mtimeMs} ${ino}` });
      }
    }
  };
  await search('');
  return found;
}

/** Tells growing files from stable ones by a monotonic clock, so that a clock that is set does not matter. */
export class StabilityDetector {
  readonly #seen = new Map<string, { readonly mark: string; readonly since: number }>();
  readonly #settle: number;

  /** @param settle how long a file has to stay unchanged, in milliseconds */
  constructor(settle: number) {
    this.#settle = settle;
  }

  /** Takes the files of a scan at `now` (milliseconds of a monotonic clock) and returns the stable ones. */
  observe(files: readonly FoundFile[], now: number): FoundFile[] {
    const present = new Set(files.map((file) => file.path));
    for (const file of this.#seen.keys()) if (!present.has(file)) this.#seen.delete(file);
    return files.filter((file) => {
      const known = this.#seen.get(file.path);
      if (known?.mark !== file.mark) {
        this.#seen.set(file.path, { mark: file.mark, since: now });
        return this.#settle === 0;
      }
      return now - known.since >= this.#settle;
    });
  }
}
