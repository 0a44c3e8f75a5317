import { open } from 'node:fs/promises';
import path from 'node:path';
import { ensureStateFolder } from './folders/ensure-folder.ts';
import { statIfPresent } from './kind-of.ts';

function placeOf(stateDir: string, sha256: string): string {
  return path.join(stateDir, 'contents', sha256);
}

/** Records that this program wrote a file of this content. Such a file stays ours where its folder is moved or copied, until it is edited. */
export async function recordContent(stateDir: string, sha256: string): Promise<void> {
  const place = placeOf(stateDir, sha256);
  await ensureStateFolder(path.dirname(place));
  await (await open(place, 'a', 0o600)).close();
}

/** True for content that {@link recordContent} was given. */
export async function isRecordedContent(stateDir: string, sha256: string): Promise<boolean> {
  return (await statIfPresent(placeOf(stateDir, sha256))) !== undefined;
}
