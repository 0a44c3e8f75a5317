import { type Guard, openGuard } from '../../ingest/access/guard.ts';
import { expandInputs, type Source } from '../../ingest/sources/sources.ts';
import type { StoredVideo } from '../store/documents.ts';
import type { DataFolder } from './data-folder.ts';

/** What the server may read. */
export interface AccessLists {
  /** Absolute folders. */
  readonly folders: readonly string[];
  readonly allowUrls: readonly string[];
}

/** Lets the server read what its lists allow. Throws an IngestError for a folder that is gone. */
export function guardOfLists({ folders, allowUrls }: AccessLists): Promise<Guard> {
  return openGuard({ allowPaths: folders, allowUrls, pathsFrom: '--folder' });
}

/** The one source of a path or an address. Throws what is wrong with it. */
export async function oneSource(input: string): Promise<Source> {
  const { sources, problems } = await expandInputs([input]);
  const [source] = sources;
  if (source === undefined) throw problems[0]?.error ?? new Error(`${input} expands to nothing`);
  return source;
}

/** The source of a video. Throws an IngestError where it is gone. */
export async function sourceOf({ source: { kind, input, label }, name }: StoredVideo): Promise<Source> {
  const found = await oneSource(input);
  return kind === 'upload' ? { ...found, name, label } : found;
}

/** Lets the source of a video read what it may: an upload, which may be anything, itself alone. */
export function guardOf({ id, source }: StoredVideo, data: DataFolder, lists: AccessLists): Promise<Guard> {
  if (source.kind === 'upload') return openGuard({ allowPaths: [data.video(id)], allowUrls: [] });
  return guardOfLists(lists);
}
