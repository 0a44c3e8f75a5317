import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { openTempFile, removeTempFile, staleTempFiles, type TempFile } from '../../storage/temp-file.ts';

/**
 * The name of the folder with an HLS output's segments, beside its master playlist: `film-1a2b3c4d.hls`.
 * @param hash of the folder's contents, in hexadecimal digits
 */
export function folderName(master: string, hash: string): string {
  return `${safeStemOf(master)}-${hash.slice(0, 8)}.hls`;
}

function stemOf(master: string): string {
  return path.basename(master, path.extname(master));
}

/** The same without characters that a URI has to escape: players that read playlists from a disk, ffmpeg too, do not decode escapes. */
function safeStemOf(master: string): string {
  const stem = stemOf(master);
  if (/^[\w.~][\w.~-]*$/.test(stem)) return stem;
  // Names that differ stay different.
  const mark = createHash('sha256').update(stem).digest('hex').slice(0, 4);
  return `${stem.replace(/[^\w.~-]+/g, '_').replace(/^-/, '_')}-${mark}`;
}

function isFolderName(master: string, name: string): boolean {
  // Earlier versions took the stem as it is.
  return [safeStemOf(master), stemOf(master)].some(
    (stem) => name.startsWith(`${stem}-`) && /^[0-9a-f]{8}\.hls$/.test(name.slice(stem.length + 1)),
  );
}

/** The folder that a master playlist written by us refers to; undefined for any other file. */
export async function referencedFolder(master: string): Promise<string | undefined> {
  const text = await readFile(master, 'utf8').catch(() => '');
  const [, uri = ''] = /^#EXT-X-MEDIA:TYPE=SUBTITLES,.*URI="([^"/]+)\/subtitles\.m3u8"$/m.exec(text) ?? [];
  const name = uri === '' ? '' : decodeURIComponent(uri);
  return isFolderName(master, name) ? name : undefined;
}

/** The target from which the names of notes are derived. */
function noteTarget(master: string): string {
  return `${master}.folders`;
}

/**
 * Notes the folders that a run is about to publish or to remove, in a temp file beside the master playlist: where the run is
 * killed, the next one removes those that the playlist does not refer to. {@link removeFolderNote} ends it.
 */
export async function noteFolders(master: string, names: readonly string[]): Promise<TempFile> {
  const note = await openTempFile(noteTarget(master));
  await note.handle.writeFile(names.join('\n'));
  return note;
}

/** Removes a note: its folders are as they should be. */
export async function removeFolderNote(note: TempFile): Promise<void> {
  await removeTempFile(note);
}

/** Removes the folders that killed runs left behind. */
export async function removeOrphanFolders(master: string): Promise<void> {
  for (const note of await staleTempFiles(noteTarget(master))) {
    const referenced = await referencedFolder(master);
    const names = (await readFile(note, 'utf8')).split('\n');
    for (const name of names) {
      if (!isFolderName(master, name) || name === referenced) continue;
      await rm(path.join(path.dirname(master), name), { recursive: true, force: true });
    }
    await rm(note, { force: true });
  }
}
