import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { namedTime } from '../../archive/clock/name-patterns.ts';
import { namedInstant } from '../../archive/clock/wall-clock.ts';
import { cameraOf } from '../../archive/recordings/register.ts';
import { isRecording } from '../../archive/recordings/scan.ts';
import { isSystemFolder } from '../../ingest/sources/system-folders.ts';

/** A file that another program records, named by when it begins. */
export interface SegmentFile {
  readonly path: string;
  readonly camera: string;
  /** Milliseconds since 1970. */
  readonly start: number;
}

/** How the names of files are read. */
export interface SegmentNames {
  /** Of local times, as IANA names it. */
  readonly zone: string;
  /** From `parseNames`. Default: the patterns of common recorders. */
  readonly names?: RegExp | undefined;
}

/** Files that began earlier are forgotten: captions are of now. */
const KEPT_MS = 25 * 3_600_000;
/** A folder that has changed so recently may change again without another time of change. */
const TICK_MS = 2000;
/** A folder without folders in which nothing has changed for {@link KEPT_MS} is looked at so often: recorders leave many behind. */
const OLD_FOLDER_MS = 60_000;

interface Listing {
  readonly changed: number;
  readonly readAt: number;
  lookedAt: number;
  readonly folders: readonly string[];
  readonly files: readonly SegmentFile[];
}

/** The recordings below a folder, by the times in their names. A folder that has not changed is not read again. */
export class SegmentFolder {
  readonly #root: string;
  readonly #names: SegmentNames;
  readonly #listings = new Map<string, Listing>();
  #files: readonly SegmentFile[] = [];

  constructor(root: string, names: SegmentNames) {
    this.#root = root;
    this.#names = names;
  }

  /** All files, in order of their start. */
  get files(): readonly SegmentFile[] {
    return this.#files;
  }

  /** Looks which files there are. A folder that cannot be read has none. */
  async scan(now: number): Promise<void> {
    const seen = new Set<string>();
    const found: SegmentFile[] = [];
    const visit = async (below: string): Promise<void> => {
      const listing = await this.#list(below, now).catch(() => undefined);
      if (listing === undefined) return;
      seen.add(below);
      for (const file of listing.files) if (file.start >= now - KEPT_MS) found.push(file);
      for (const folder of listing.folders) await visit(folder);
    };
    await visit('');
    for (const below of this.#listings.keys()) if (!seen.has(below)) this.#listings.delete(below);
    this.#files = found.sort((a, b) => a.start - b.start);
  }

  async #list(below: string, now: number): Promise<Listing> {
    const folder = path.join(this.#root, below);
    const known = this.#listings.get(below);
    const isOld = known !== undefined && known.folders.length === 0 && now - known.changed > KEPT_MS;
    if (isOld && Math.abs(now - known.lookedAt) < OLD_FOLDER_MS) return known;
    const { mtimeMs: changed } = await stat(folder);
    if (known?.changed === changed && known.readAt - changed > TICK_MS) {
      known.lookedAt = now;
      return known;
    }
    const entries = (await readdir(folder, { withFileTypes: true })).filter(
      ({ name }) => !name.startsWith('.') && !isSystemFolder(name),
    );
    const nameOf = (name: string): string => (below === '' ? name : `${below}/${name}`);
    const listing: Listing = {
      ...{ changed, readAt: now, lookedAt: now },
      folders: entries.filter((entry) => entry.isDirectory()).map(({ name }) => nameOf(name)),
      files: entries.flatMap((entry) => {
        const file = entry.isFile() && isRecording(entry.name) ? this.#fileOf(nameOf(entry.name), now) : undefined;
        return file !== undefined && file.start >= now - KEPT_MS ? [file] : [];
      }),
    };
    this.#listings.set(below, listing);
    return listing;
  }

  #fileOf(name: string, now: number): SegmentFile | undefined {
    const { zone, names } = this.#names;
    const named = namedTime(name, names);
    const start = named === undefined ? undefined : namedInstant(named, { zone, changed: now, duration: 0 });
    if (start === undefined) return undefined;
    return { path: path.join(this.#root, name), camera: cameraOf({ name, root: this.#root }, named?.camera), start };
  }
}
