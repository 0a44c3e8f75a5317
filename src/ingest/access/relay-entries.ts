import path from 'node:path';
import { BlockedProtocolError } from './errors.ts';
import { PLAYLIST_LIMITS, PlaylistError } from './playlist.ts';

/** What an entry of the relay stands for. */
export type RelayTarget =
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'file'; readonly file: string };

/** What a playlist may name, beside the addresses themselves. */
export interface EntryRules {
  /** Checks an address before anything connects. Throws a GuardError. */
  checkUrl(url: URL, why?: string): void;
  /** Checks the path that a local playlist names, without following links. Throws a GuardError. */
  checkFile(file: string): void;
  /** Checks whether a local playlist may name addresses of a scheme. Throws a GuardError or a BlockedProtocolError. */
  checkScheme(scheme: string, playlist: string): void;
}

/** An entry: a target, and how many playlists led to it. */
export interface RelayEntry {
  readonly target: RelayTarget;
  readonly depth: number;
  /** Its name in the relay's address, with the extension by which ffmpeg tells formats apart. */
  readonly name: string;
}

function keyOf(target: RelayTarget, depth: number): string {
  return `${depth} ${target.kind === 'url' ? target.url.href : target.file}`;
}

const SCHEME = /^\s*([a-z][a-z\d+.-]*):/i;

function nameOf(target: RelayTarget): string {
  const whole = target.kind === 'url' ? target.url.pathname : target.file;
  const base = whole.split('/').at(-1) ?? '';
  const name = base
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '')
    .slice(-64);
  return name === '' ? 'source' : name;
}

/** A live playlist names new segments for days: only so many entries are kept, those that were asked for or named last. */
const KEPT_LIVE = 4096;

/** Everything that one source may read through the relay: the source itself, and what its playlists name. */
export class RelayEntries {
  readonly #rules: EntryRules;
  readonly #live: boolean;
  /** By id; of a live source in the order of their last use. */
  readonly #entries = new Map<number, RelayEntry>();
  readonly #ids = new Map<string, number>();
  readonly #playlists = new Set<RelayEntry>();
  #playlistBytes = 0;
  #next = 0;

  /** @param live what is read goes on for days: old entries are dropped, and reloads of playlists do not add up */
  constructor(rules: EntryRules, live = false) {
    this.#rules = rules;
    this.#live = live;
  }

  /** The id of a target that `depth` playlists led to. */
  add(target: RelayTarget, depth: number): number {
    const key = keyOf(target, depth);
    const known = this.#ids.get(key);
    if (known !== undefined) {
      this.#use(known);
      return known;
    }
    if (depth > PLAYLIST_LIMITS.depth) throw new PlaylistError('playlists are nested too deep');
    if (this.#entries.size >= 2 * PLAYLIST_LIMITS.entries)
      throw new PlaylistError('its playlists have too many entries');
    const id = this.#next++;
    this.#entries.set(id, { target, depth, name: nameOf(target) });
    this.#ids.set(key, id);
    if (this.#live && this.#entries.size > KEPT_LIVE) this.#dropOldest();
    return id;
  }

  get(id: number): RelayEntry | undefined {
    this.#use(id);
    return this.#entries.get(id);
  }

  #use(id: number): void {
    const entry = this.#entries.get(id);
    if (!this.#live || entry === undefined) return;
    this.#entries.delete(id);
    this.#entries.set(id, entry);
  }

  #dropOldest(): void {
    for (const [id, entry] of this.#entries) {
      if (this.#playlists.has(entry)) continue;
      this.#entries.delete(id);
      this.#ids.delete(keyOf(entry.target, entry.depth));
      return;
    }
  }

  /** Counts a playlist that was read. Throws a PlaylistError beyond the limits. */
  countPlaylist(entry: RelayEntry, bytes: number): void {
    if (entry.depth >= PLAYLIST_LIMITS.depth) throw new PlaylistError('playlists are nested too deep');
    this.#playlists.add(entry);
    this.#playlistBytes += bytes;
    if (this.#playlists.size > PLAYLIST_LIMITS.playlists) {
      throw new PlaylistError(`it leads to more than ${PLAYLIST_LIMITS.playlists} playlists`);
    }
    if (!this.#live && this.#playlistBytes > PLAYLIST_LIMITS.totalBytes) {
      throw new PlaylistError(`its playlists have more than ${PLAYLIST_LIMITS.totalBytes / 2 ** 20} MiB`);
    }
  }

  /**
   * What a playlist names. Throws a GuardError for what may not be read, a BlockedProtocolError for schemes that are not followed.
   * @param base the playlist
   */
  resolve(text: string, base: RelayTarget): RelayTarget {
    const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
    if (base.kind === 'url') {
      if (!URL.canParse(text, base.url.href)) throw new PlaylistError('it names an address that is not valid');
      return this.#url(new URL(text, base.url));
    }
    if (scheme === undefined) return this.#file(path.resolve(path.dirname(base.file), text));
    this.#rules.checkScheme(scheme, base.file);
    if (scheme === 'file') return this.#file(path.resolve('/', text.trim().replace(/^file:(\/\/)?/i, '')));
    return this.#url(new URL(text.trim()));
  }

  #url(url: URL): RelayTarget {
    if (!/^https?:$/.test(url.protocol)) throw new BlockedProtocolError(url.protocol, `it leads to ${url.protocol}`);
    url.hash = '';
    this.#rules.checkUrl(url);
    return { kind: 'url', url };
  }

  #file(file: string): RelayTarget {
    this.#rules.checkFile(file);
    return { kind: 'file', file };
  }
}
