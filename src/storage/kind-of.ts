import { type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isMissing } from '../core/errors.ts';

/** What exists at a path; undefined where there is nothing, or where it may not be looked at: writing it will report that. */
export function kindOf(file: string): 'folder' | 'file' | 'other' | undefined {
  try {
    const known = statSync(file, { throwIfNoEntry: false });
    if (known === undefined) return undefined;
    return known.isDirectory() ? 'folder' : known.isFile() ? 'file' : 'other';
  } catch {
    return undefined;
  }
}

/** The state of what a path leads to; undefined where there is nothing. Throws the system's error where it may not be looked at. */
export async function statIfPresent(file: string): Promise<Stats | undefined> {
  return stat(file).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}
