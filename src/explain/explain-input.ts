import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkDocument, type DocumentKind } from '../captioning/outputs/check-target.ts';
import { stateDir } from '../config/state-folder.ts';
import type { Source } from '../ingest/sources/sources.ts';
import { ensureFolder } from '../storage/folders/ensure-folder.ts';
import { assertOverwritable, writeOutput } from '../storage/output-manifest.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../workers/bundle/bundle.ts';
import { isModelBundle, loadModel, type ModelChoice } from '../workers/load-model.ts';
import { explainFrame, type FrameExplanation, oneSource } from './explain-frame.ts';
import { explainRegions } from './explain-regions.ts';
import { type Moment, readMoment } from './moment.ts';

/** How {@link explainInput} explains. */
export interface ExplainOptions {
  /** Whether to draw; with `file`, the drawing is written there. */
  readonly draw: boolean;
  /** Absolute path of a PNG. */
  readonly file?: string;
  /** Any model; only bundles show the attention of each word. */
  readonly model?: ModelChoice;
  /** Overwrite a file that secondglance did not write. */
  readonly force?: boolean;
  readonly signal: AbortSignal;
}

/** An explained picture or frame. */
export interface ExplainedInput {
  /** The final caption. */
  readonly text: string;
  /** As `--json` prints them. */
  readonly numbers: object;
  /** A PNG, where one was asked for. */
  readonly drawing?: Buffer;
  /** What the user should know of the file, one clause each. */
  readonly notes: readonly string[];
}

/** Explains a picture or a moment of a video with any model. Throws as its parts do. */
export async function explainSource(
  source: Source,
  moment: Moment,
  model: ModelChoice,
  signal: AbortSignal,
): Promise<FrameExplanation> {
  const name = typeof model === 'string' ? model : (model.name ?? DEFAULT_BUNDLE);
  return (await isModelBundle(name))
    ? explainFrame(source, moment, await loadBundle(name), signal)
    : explainRegions(source, moment, await loadModel(model), signal);
}

/** The key in the output manifest. It is the same for every drawing, so that any of them may be replaced. */
const KEY = 'explain';
const DRAWING: DocumentKind = { name: 'drawing', endings: ['.png'], picture: true };

/**
 * Explains `PICTURE` or `VIDEO@TIME`, and writes the drawing by way of a temp file. Throws a UsageError, IngestError, BundleError, ExplainError
 * or OutputError.
 */
export async function explainInput(text: string, options: ExplainOptions): Promise<ExplainedInput> {
  const { draw, file, model = DEFAULT_BUNDLE, force = false, signal } = options;
  const moment = await readMoment(text);
  const source = await oneSource(moment.input);
  if (file !== undefined) await checkDocument(file, DRAWING, source.kind === 'url' ? undefined : source.input);
  if (file !== undefined && !force) await assertOverwritable(stateDir(), file, { kind: 'track', key: KEY });
  const explanation = await explainSource(source, moment, model, signal);
  const drawing = draw ? await explanation.draw() : undefined;
  signal.throwIfAborted();
  let notes: readonly string[] = [];
  if (drawing !== undefined && file !== undefined) {
    await ensureFolder(path.dirname(file));
    notes = await writeOutput(stateDir(), file, { key: KEY }, async (_, temp) => {
      await writeFile(temp, drawing);
      return [];
    });
  }
  const { text: caption, numbers } = explanation;
  return { text: caption, numbers, notes, ...(drawing === undefined ? {} : { drawing }) };
}
