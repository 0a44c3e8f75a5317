import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from '../../core/errors.ts';
import type { Guide } from '../../steps/guide/guide.ts';
import { readGuideFile } from '../../steps/guide/guide-files.ts';
import { guideFromJson } from '../../steps/guide/steps-json.ts';
import { STEPS_FILE } from '../../steps/publish.ts';
import { writePrivateFile } from '../../storage/file-sink.ts';

/** Beside steps.json: the same as the program found it. What differs from it is the work of a person. */
const FOUND_FILE = 'found.json';
/** The folder of guides that were replaced, each named by when. */
const FOLDER = 'replaced';
/** So many of the newest are shown. All are kept. */
const MOST_SHOWN = 20;

/** A guide that a person had edited when the steps were found again. */
export interface ReplacedGuide {
  /** When, in ISO 8601. */
  readonly replaced: string;
  readonly guide: Guide;
}

/** Notes that the guide in a folder is as the program found it. Throws an OutputError. */
export async function markAsFound(folder: string, text: string): Promise<void> {
  await writePrivateFile(path.join(folder, FOUND_FILE), text);
}

/**
 * Keeps the guide in a folder, before another one takes its place, where a person has edited it. Its pictures are not kept: they are taken again.
 * Throws an OutputError.
 */
export async function keepIfEdited(folder: string, now: Date): Promise<void> {
  const text = (await readGuideFile(folder, STEPS_FILE))?.toString('utf8');
  if (text === undefined || text === (await readGuideFile(folder, FOUND_FILE))?.toString('utf8')) return;
  await mkdir(path.join(folder, FOLDER), { recursive: true, mode: 0o700 });
  // A colon is not for every file system.
  await writePrivateFile(path.join(folder, FOLDER, `${now.toISOString().replaceAll(':', '-')}.json`), text);
}

/** The guides that were replaced, newest first. One that is damaged is left out, and stays where it is. */
export async function replacedGuides(folder: string): Promise<ReplacedGuide[]> {
  const names = await readdir(path.join(folder, FOLDER)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const guides: ReplacedGuide[] = [];
  for (const name of names.sort().reverse()) {
    const [, day, hour, minute, second] = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3}Z)\.json$/.exec(name) ?? [];
    if (day === undefined || guides.length === MOST_SHOWN) continue;
    const text = (await readGuideFile(folder, path.join(FOLDER, name)))?.toString('utf8') ?? '';
    try {
      guides.push({ replaced: `${day}${hour}:${minute}:${second}`, guide: guideFromJson(text, name) });
    } catch {}
  }
  return guides;
}
