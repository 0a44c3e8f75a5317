import { stateDir } from '../config/state-folder.ts';
import { UsageError } from '../core/failures.ts';
import { findFfmpeg } from '../ingest/ffmpeg/find-ffmpeg.ts';
import { expandInputs } from '../ingest/sources/sources.ts';
import type { TextSink } from '../storage/sink.ts';
import { Batch } from './batch.ts';
import { pruneJournals } from './journal-files.ts';
import { loadCaptioner, type ModelCaptioner } from './open-captioner.ts';
import { planOutputs } from './outputs/plan-outputs.ts';
import { reportRun } from './report-run.ts';
import type { Reporter } from './reporter.ts';
import { applyModelDefaults, type CaptionRequest } from './settings.ts';
import { readDialogue } from './speech/find-dialogue.ts';
import { problemOf } from './summary.ts';

/** What {@link captionFiles} uses of the program that runs it. */
export interface CaptionHost {
  readonly reporter: Reporter;
  /** Takes a track that goes to `-`. */
  readonly stdout: TextSink;
  /** When the run began, on the clock of `performance.now()`: 0 is the start of the process. */
  readonly began: number;
  readonly signal: AbortSignal;
}

function loadModel({ model, workers, verbose }: CaptionRequest, reporter: Reporter): Promise<ModelCaptioner> {
  return loadCaptioner({
    model,
    processes: workers,
    // A short clip has work for one process only.
    startOnDemand: true,
    onFailure: verbose
      ? (error, { video, index }) => {
          const { message, detail = [] } = problemOf(error, true);
          reporter.note([`${video}, group ${index}: ${message}`, ...detail].join('\n  '));
        }
      : undefined,
  });
}

/**
 * Captions files, folders, globs, URLs and stdin in this process, and writes their tracks. Returns the exit code. Throws a
 * UsageError before anything is started, or what made the whole run impossible (a broken bundle, an output that cannot be
 * written).
 */
export async function captionFiles(
  inputs: readonly string[],
  request: CaptionRequest,
  { reporter, stdout, began, signal }: CaptionHost,
): Promise<number> {
  if (inputs.filter((input) => input === '-').length > 1) throw new UsageError('- (stdin) can be read only once');
  const { sources, problems } = await expandInputs(inputs);
  const plan = planOutputs(sources, request.output, sources.length + problems.length);
  // Asked while the rest is loaded; the probe waits for the same answer, and gets the error.
  if (sources.some(({ kind }) => kind !== 'picture')) findFfmpeg().catch(() => undefined);

  let batch: Batch | undefined;
  let captioner: ModelCaptioner | undefined;
  try {
    const { verbose } = request;
    return await reportRun({ reporter, began, signal, verbose, summaries: () => batch?.summaries ?? [] }, async () => {
      captioner = await loadModel(request, reporter);
      for (const note of captioner.notes) reporter.note(note);
      const { around } = request;
      const dialogue = around === undefined ? {} : { dialogue: await readDialogue(around) };
      const settings = { ...applyModelDefaults(request, captioner), ...dialogue };
      const context = { settings, captioner, stateDir: stateDir(), signal, reporter, stdout, began };
      await pruneJournals(context.stateDir);
      batch = new Batch(context, plan);
      for (const { label, error } of problems) batch.fail(label, error);
      if (plan.collected === undefined) await batch.inputs();
      else if (sources.length > 0) await batch.collect(plan.collected);
    });
  } finally {
    await captioner?.close();
  }
}
