import { formatIso } from './clock/iso-time.ts';
import { type Hit, searchCues } from './index/search-cues.ts';
import { checkCamera, type OpenArchive, parseSpan, pictureOf, type SpanText, withArchive } from './open-archive.ts';

/** A search in an archive. */
export interface ArchiveSearch extends SpanText {
  /** As the user typed them. */
  readonly words: string;
  /** Search for the words as they are, without other words for the same kinds. */
  readonly exact?: boolean | undefined;
  /** Name of a camera; case does not matter. */
  readonly camera?: string | undefined;
  /** Return at most this many hits, the newest. */
  readonly limit: number;
  /** State file; default: the one in the state folder. */
  readonly state?: string | undefined;
}

/** A hit, and the file of its picture. */
export interface ArchiveHit {
  readonly hit: Hit;
  /** Path of the picture; undefined where there is none. */
  readonly picture: string | undefined;
}

/** What a search found. */
export interface SearchResult {
  /** Newest first. */
  readonly hits: readonly ArchiveHit[];
  /** The recorders' zone, as IANA names it. */
  readonly zone: string;
}

/** Searches an open archive. Throws a UsageError for a wrong time or camera; `nothing-to-search`. */
export function searchIn(
  { db, file, zone }: OpenArchive,
  { words, exact, camera, limit, ...span }: Omit<ArchiveSearch, 'state'>,
): SearchResult {
  checkCamera(db, camera);
  const hits = searchCues(db, file, { words, exact, camera, ...parseSpan(span, zone), limit });
  return { hits: hits.map((hit) => ({ hit, picture: pictureOf(file, hit) })), zone };
}

/** Searches an archive. Throws a UsageError for a wrong time or camera; `nothing-to-search`; `state-missing` and the like. */
export function searchArchive({ state, ...search }: ArchiveSearch): Promise<SearchResult> {
  return withArchive(state, (archive) => searchIn(archive, search));
}

/** A hit as a JSON document: times with the zone's offset, positions in seconds. */
export function hitDocument({ hit, picture }: ArchiveHit, zone: string): object {
  const { id, camera, start, end, text, confidence, moving, file, offset, support } = hit;
  const when = { time: formatIso(start, zone), end: formatIso(end, zone) };
  return {
    ...{ id, camera, ...when, text, confidence, moving, file, offset: offset / 1000, picture: picture ?? null },
    ...support,
  };
}
