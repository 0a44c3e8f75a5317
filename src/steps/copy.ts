import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { CHAPTER_CONTAINERS, embedChapters } from '../ingest/embed.ts';
import type { Source } from '../ingest/sources.ts';
import { outputError } from '../pipeline/errors.ts';
import { recordTrack } from '../pipeline/ledger.ts';
import { dropPart, openPart, releasePart, syncFolder } from '../pipeline/parts.ts';
import { ensureFolder } from '../pipeline/sink.ts';
import type { GuideFile, GuidePlace } from './files.ts';
import type { GuideStep } from './guide.ts';

async function settle(file: string): Promise<string> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Writes a copy of the video with the steps as its chapters to `target` (absolute, its extension one of
 * {@link CHAPTER_CONTAINERS}): beside it, then renamed. Throws an IngestError where ffmpeg cannot, an OutputError where the
 * disk does not let it.
 * @returns the copy, and how many streams of data it lacks
 */
export async function writeCopy(
  { stateDir, source: whose }: GuidePlace,
  source: Source,
  steps: readonly GuideStep[],
  target: string,
  signal: AbortSignal,
): Promise<GuideFile & { readonly leftOut: number }> {
  await ensureFolder(path.dirname(target));
  const part = await openPart(target);
  await part.handle.close();
  try {
    const container = CHAPTER_CONTAINERS[path.extname(target).toLowerCase()] ?? '';
    const leftOut = await embedChapters(source, steps, part.file, container, signal);
    const sha256 = await settle(part.file).catch((error: unknown) => {
      throw outputError(error, `write ${target}`);
    });
    await recordTrack(stateDir, target, { key: '', sha256, source: whose });
    await rename(part.file, target).catch((error: unknown) => {
      throw outputError(error, `write ${target}`);
    });
    releasePart(part);
    await syncFolder(path.dirname(target));
    return { name: target, sha256, leftOut };
  } catch (error) {
    await dropPart(part);
    throw error;
  }
}
