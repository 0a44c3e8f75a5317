import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { isMissing } from '../../../core/errors.ts';
import { outputError } from '../../../storage/errors.ts';
import { ensureFolder } from '../../../storage/folders/ensure-folder.ts';
import { replaceFile } from '../../../storage/replace-file.ts';
import type { LiveCue, OpenCue } from '../../live-event.ts';

/** A cue that has been shown for less (milliseconds) is not worth a file. */
const SHORTEST_MS = 4000;

const SCHEMA = z.object({
  kind: z.literal('open-cue'),
  source: z.string(),
  session: z.number(),
  start: z.number(),
  end: z.number(),
  text: z.string(),
  confidence: z.number(),
  segment: z.object({ file: z.string(), start: z.number() }).optional(),
});

/** Keeps the cue that is still shown in a small file, for the run after one that was killed. */
export class OpenCueFile {
  readonly #file: string;
  #read = false;
  #written = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** The cue that an earlier run was killed with, until {@link remove}. */
  async leftByEarlierRun(): Promise<LiveCue | undefined> {
    if (this.#read) return undefined;
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if (!isMissing(error)) throw outputError(error, `read ${this.#file}`);
      this.#read = true;
      return undefined;
    }
    const { data } = SCHEMA.safeParse(parsed(text));
    if (data !== undefined) {
      const { segment, ...cue } = data;
      return { ...cue, kind: 'cue', ...(segment === undefined ? {} : { segment }) };
    }
    await this.remove();
    return undefined;
  }

  async keep(cue: OpenCue): Promise<void> {
    if (cue.end - cue.start < SHORTEST_MS) return;
    await ensureFolder(path.dirname(this.#file));
    await replaceFile(this.#file, Buffer.from(JSON.stringify(cue)));
    this.#written = true;
  }

  /** The cue is where it belongs. */
  async remove(): Promise<void> {
    if (this.#read && !this.#written) return;
    try {
      await rm(this.#file, { force: true });
    } catch (error) {
      throw outputError(error, `remove ${this.#file}`);
    }
    this.#read = true;
    this.#written = false;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
