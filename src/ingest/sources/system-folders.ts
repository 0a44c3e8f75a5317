import { basename, dirname, join } from 'node:path';
import { readRegular } from '../../core/regular-file.ts';

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

/**
 * True for a picture that `steps` took for a guide, `GUIDE/pictures/at-12.500.jpg` beside `GUIDE/steps.json`: a part of a page, and no picture to
 * caption.
 */
export async function isGuidePicture(file: string): Promise<boolean> {
  const folder = dirname(file);
  if (basename(folder) !== 'pictures' || !/^at-\d+(\.\d+)?\.jpg$/.test(basename(file))) return false;
  const start = await readRegular(join(dirname(folder), 'steps.json'), 1024).catch(() => Buffer.alloc(0));
  return start.includes('"secondglance-steps"');
}
