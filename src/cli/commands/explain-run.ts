import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EXIT, UsageError } from '../../core/failures.ts';
import { lookAt, oneSource } from '../../explain/explain-frame.ts';
import { readMoment } from '../../explain/moment.ts';
import { ensureFolder } from '../../storage/ensure-folder.ts';
import { assertOverwritable, writeOutput } from '../../storage/output-manifest.ts';
import { stateDir } from '../../storage/state-folder.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../../workers/bundle/bundle.ts';

/** The flags of `explain` as commander hands them over. */
export interface ExplainFlags {
  readonly output?: string;
  readonly model?: string;
  readonly json?: boolean;
  readonly force?: boolean;
}

/** In the ledger: a drawing depends on nothing that would make it worth keeping. */
const KEY = 'explain';

function checkOutput({ output, json = false }: ExplainFlags): void {
  if (output === undefined && !json)
    throw new UsageError('explain draws a picture: say where with -o look.png, or ask for --json');
  if (output === '-' && json) throw new UsageError('--json and -o - both want stdout: write the picture to a file');
  if (output !== undefined && output !== '-' && path.extname(output).toLowerCase() !== '.png') {
    throw new UsageError(`-o ${output}: explain draws PNG, give it a name that ends in .png`);
  }
}

/** Puts a drawing in its place in one step. Throws an OutputError. */
async function writeDrawing(file: string, drawing: Buffer): Promise<void> {
  await ensureFolder(path.dirname(file));
  await writeOutput(stateDir(), file, { key: KEY }, (_, made) => writeFile(made, drawing));
}

function toStdout(bytes: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())));
}

/** `secondglance explain`: returns the exit code. Throws what made it impossible. */
export async function runExplain(text: string, flags: ExplainFlags, signal: AbortSignal): Promise<number> {
  checkOutput(flags);
  const { output, model, json = false, force = false } = flags;
  const moment = await readMoment(text);
  const source = await oneSource(moment.input);
  const file = output === undefined || output === '-' ? undefined : path.resolve(output);
  if (file !== undefined && !force) await assertOverwritable(stateDir(), file, { kind: 'track', key: KEY });
  const look = await lookAt(source, moment, await loadBundle(model ?? DEFAULT_BUNDLE), signal);
  const drawing = output === undefined ? undefined : await look.draw();
  signal.throwIfAborted();
  if (drawing !== undefined && file !== undefined) await writeDrawing(file, drawing);
  else if (drawing !== undefined) await toStdout(drawing);
  if (json) await toStdout(`${JSON.stringify({ ...look.numbers, output: file ?? null })}\n`);
  return EXIT.done;
}
