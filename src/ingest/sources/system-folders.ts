/** Folders of thumbnails, snapshots and deleted files that network storage and operating systems add to a share. */
const SYSTEM_FOLDERS: ReadonlySet<string> = new Set([
  '@eadir',
  '@tmp',
  '@__thumb',
  '@recycle',
  '@recently-snapshot',
  '@snapshot',
  '#recycle',
  '#snapshot',
  '$recycle.bin',
  'recycler',
  'system volume information',
  'lost+found',
  'network trash folder',
  'temporary items',
  '__macosx',
]);

/** True for a folder that holds no recordings of the user: `@eaDir`, `#recycle` and the like. */
export function isSystemFolder(name: string): boolean {
  return SYSTEM_FOLDERS.has(name.toLowerCase());
}
