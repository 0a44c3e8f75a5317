import { EXIT, UsageError } from '../core/failures.ts';
import { abortExitCode, onInterrupted } from '../core/interruption.ts';
import { expandInputs } from '../ingest/sources/sources.ts';
import { stateDir } from '../storage/state-folder.ts';
import { type Bundle, DEFAULT_BUNDLE, loadBundle } from '../workers/bundle/bundle.ts';
import type { Captioner } from '../workers/captioner.ts';
import { createCaptioner } from '../workers/pool/pool.ts';
import { Batch } from './batch.ts';
import { pruneJournals } from './journal-files.ts';
import { planOutputs } from './outputs.ts';
import { humanReporter, jsonReporter, type Reporter } from './progress.ts';
import { applyModelDefaults, type CaptionSettings, type RequestedSettings } from './settings.ts';
import { problemOf, summarise } from './summary.ts';

function makeCaptioner(bundle: Bundle, settings: CaptionSettings, reporter: Reporter): Captioner {
  return createCaptioner({
    bundle,
    ...(settings.workers === undefined ? {} : { processes: settings.workers }),
    ...(settings.verbose
      ? {
          onFailure: (error, { video, index }) => {
            const { message, detail = [] } = problemOf(error, true);
            reporter.note([`${video}, group ${index}: ${message}`, ...detail].join('\n  '));
          },
        }
      : {}),
  });
}

/**
 * `secondglance caption`: returns the exit code. Throws a UsageError before anything is started, or what made the whole
 * run impossible (a broken bundle, an output that cannot be written).
 */
export async function runCaption(
  args: readonly string[],
  asked: RequestedSettings,
  signal: AbortSignal,
): Promise<number> {
  const began = performance.now();
  if (args.filter((arg) => arg === '-').length > 1) throw new UsageError('- (stdin) can be read only once');
  const { sources, problems } = await expandInputs(args);
  const plan = planOutputs(sources, asked.output, sources.length + problems.length);
  const reporter = asked.json ? jsonReporter() : humanReporter(asked);
  onInterrupted(signal, () => reporter.note('secondglance: ending; the same command goes on from here'));

  let batch: Batch | undefined;
  const close = (exitCode?: number, error?: unknown): number => {
    const run = summarise(batch?.summaries ?? [], (performance.now() - began) / 1000);
    const summary = { ...run, ...(exitCode === undefined ? {} : { exitCode }) };
    reporter.close(summary, error === undefined ? undefined : problemOf(error, asked.verbose));
    return summary.exitCode;
  };
  let captioner: Captioner | undefined;
  try {
    reporter.phase('loading the model');
    const bundle = await loadBundle(asked.model ?? DEFAULT_BUNDLE);
    const settings = applyModelDefaults(asked, bundle);
    captioner = makeCaptioner(bundle, settings, reporter);
    const context = { settings, captioner, stateDir: stateDir(), signal, reporter };
    await pruneJournals(context.stateDir);
    batch = new Batch(context, plan);
    for (const { label, error } of problems) batch.fail(label, error);
    if (plan.collected === undefined) await batch.inputs();
    else if (sources.length > 0) await batch.collect(plan.collected);
    return close();
  } catch (error) {
    const code = abortExitCode(signal);
    if (code !== undefined) return close(code);
    const failure: unknown = signal.aborted ? signal.reason : error;
    close(EXIT.failed, failure);
    throw failure;
  } finally {
    await captioner?.close();
  }
}
