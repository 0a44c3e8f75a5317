import { stat } from 'node:fs/promises';

/** Says whether a file that is followed was replaced by another one of its name, or cut short, since the call before. */
export function watchFollowedFile(file: string): () => Promise<boolean> {
  let known: { readonly inode: number; readonly size: number } | undefined;
  return async () => {
    const found = await stat(file).catch(() => undefined);
    // While it is away, what was open of it may still be read to its end.
    if (found === undefined) return false;
    const before = known;
    known = { inode: found.ino, size: found.size };
    return before !== undefined && (before.inode !== found.ino || found.size < before.size);
  };
}
