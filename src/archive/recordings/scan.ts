import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../core/errors.ts';
import { MEDIA_EXTENSIONS } from '../../ingest/sources/sniff.ts';

/** A file that may be a recording, as it stands now. */
export interface FoundFile {
  readonly path: string;
  /** The watched folder. */
  readonly root: string;
  /** Below it, with `/`. */
  readonly name: string;
  readonly size: number;
  /** Time of the last change, milliseconds since 1970. */
  readonly changed: number;
  /** Another one where anything about the file has changed. */
  readonly mark: string;
}

/** Recorders' own containers, which ffmpeg reads. */
const MORE_EXTENSIONS: ReadonlySet<string> = new Set(['.dav', '.bvr', '.ubv']);
/** What is listed as a video and is none: a playlist names videos that are found by themselves. */
const NO_RECORDINGS: ReadonlySet<string> = new Set(['.m3u8', '.gif']);

function isRecording(name: string): boolean {
  const extension = path.extname(name).toLowerCase();
  return (MEDIA_EXTENSIONS.has(extension) && !NO_RECORDINGS.has(extension)) || MORE_EXTENSIONS.has(extension);
}

/**
 * All files below `root` that may be recordings, in order of their names; hidden ones and links to folders are left out.
 * A folder that cannot be read (a share that is away) is told to `onTrouble`, and the others are looked at.
 */
export async function findRecordings(
  root: string,
  onTrouble: (folder: string, error: unknown) => void,
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const search = async (below: string): Promise<void> => {
    const folder = path.join(root, below);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      // A folder that a recorder removes meanwhile is no trouble; the watched one itself is.
      if (below === '' || errnoOf(error) !== 'ENOENT') onTrouble(folder, error);
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await search(name);
      else if (isRecording(entry.name)) {
        const file = path.join(root, name);
        const info = await stat(file).catch(() => undefined);
        if (info?.isFile() !== true) continue;
        const { size, mtimeMs, ino } = info;
        found.push({ path: file, root, name, size, changed: mtimeMs, mark: `${size} ${mtimeMs} ${ino}` });
      }
    }
  };
  await search('');
  return found;
}

/** Tells files that grow from those that are left alone, by our own clock, whatever the wall's clock does meanwhile. */
export class StabilityDetector {
  readonly #seen = new Map<string, { readonly mark: string; readonly since: number }>();
  readonly #settle: number;

  /** How long a file has to stay the same, in milliseconds. */
  constructor(settle: number) {
    this.#settle = settle;
  }

  /** Takes what a search found, at `now` (milliseconds of a clock that only runs forward); gives what has been quiet. */
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
