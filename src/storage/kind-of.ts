import { statSync } from 'node:fs';

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
