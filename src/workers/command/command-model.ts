import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UsageError } from '../../core/failures.ts';
import type { CaptionModel } from '../captioner.ts';
import { poolProcesses } from '../pool/pool.ts';
import { framesWithin } from '../regions/frames-within.ts';
import { ServerError } from '../server/server-error.ts';
import type { ServerSettings } from '../server/server-settings.ts';
import { CommandProcess } from './command-process.ts';

/**
 * A captioner program, `--model exec:PROGRAM`. Its identity is the content of its file and what it is asked for.
 * @throws UsageError without a program; ServerError `program-missing`
 */
export async function commandModel(name: string, settings: ServerSettings): Promise<CaptionModel> {
  if (name === '') throw new UsageError('--model exec: needs a program, as in exec:./my-captioner');
  const program = resolve(name);
  const bytes = await access(program, constants.R_OK | constants.X_OK)
    .then(() => readFile(program))
    .catch((cause: unknown) => {
      throw new ServerError(
        'program-missing',
        `The captioner program ${program} cannot be run: check that it exists and is executable (chmod +x).`,
        { cause },
      );
    });
  const { pictureSize, pictureQuality, prompt, detail } = settings;
  const hash = createHash('sha256').update(bytes);
  hash.update(JSON.stringify([pictureSize, pictureQuality, prompt ?? null, detail]));
  const sha256 = hash.digest('hex');
  const identity = {
    model: { name: basename(program), version: sha256.slice(0, 8), sha256 },
    runtime: 'captioner program',
    image: framesWithin(pictureSize),
  };
  return {
    ...identity,
    minConfidence: 0,
    defaultConcurrency: 1,
    captioner: ({ processes = 1, ...rest } = {}) =>
      poolProcesses({ ...rest, processes, identity, start: () => new CommandProcess({ program, settings }) }),
  };
}
