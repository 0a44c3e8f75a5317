import { pruneJournals } from '../captioning/journal-files.ts';
import { humanReporter, jsonReporter, type Reporter } from '../captioning/progress.ts';
import { type InputSummary, problemOf, roundSeconds, summarise } from '../captioning/summary.ts';
import { EXIT } from '../core/failures.ts';
import { abortExitCode, onInterrupted } from '../core/interruption.ts';
import { counted } from '../core/wording.ts';
import { stateDir } from '../storage/state-folder.ts';
import type { Outcome, StepsContext } from './context.ts';
import { guideFromJsonFile } from './from-json.ts';
import { guideFromVideo } from './from-video.ts';
import type { StepsSettings } from './steps-settings.ts';

function closingSentence(
  { video, state, steps, keyframes, folder, files, duration = 0 }: Outcome,
  seconds: number,
): string {
  if (state === 'skipped') return `${video}: up to date (${folder})`;
  const from = keyframes === 0 ? '' : ` from ${counted(keyframes, 'keyframe')} in ${seconds.toFixed(1)} s`;
  const speed = duration > 0 && seconds > 0 ? `, ${(duration / 1e6 / seconds).toFixed(1)} times real time` : '';
  const outside = files.filter((file) => !file.startsWith(folder));
  return `${video}: ${counted(steps, 'step')}${from}${speed}${state === 'partial' ? ' (partial)' : ''} -> ${[folder, ...outside].join(', ')}`;
}

function tell(outcome: Outcome, seconds: number, reporter: Reporter, { json, quiet }: StepsSettings): void {
  const { video, state, steps, keyframes, files, problems, duration } = outcome;
  if (json) {
    const length = duration === undefined ? {} : { duration: duration / 1e6 };
    const event = { event: 'end', video, state, steps, keyframes, seconds, ...length, outputs: files, problems };
    process.stdout.write(`${JSON.stringify(event)}\n`);
    return;
  }
  for (const { message, detail = [] } of problems) reporter.note([message, ...detail].join('\n  '));
  if (!quiet) reporter.note(closingSentence(outcome, seconds));
}

/**
 * `secondglance steps`: makes a guide of `video`, or builds one again from the steps.json `from`. Returns the exit code: 3
 * where part of the video is missing from the guide. Throws a UsageError before anything is started, or what made it fail.
 */
export async function runSteps(
  { video, from }: { readonly video: string | undefined; readonly from: string | undefined },
  settings: StepsSettings,
  signal: AbortSignal,
): Promise<number> {
  const began = performance.now();
  const reporter = settings.json ? jsonReporter() : humanReporter(settings);
  onInterrupted(signal, () => reporter.note('secondglance: ending; the same command goes on from here'));
  const seconds = (): number => roundSeconds((performance.now() - began) / 1000);
  const close = (inputs: readonly InputSummary[], exitCode?: number, error?: unknown): number => {
    const run = summarise(inputs, seconds());
    const summary = { ...run, ...(exitCode === undefined ? {} : { exitCode }) };
    reporter.close(summary, error === undefined ? undefined : problemOf(error, settings.verbose));
    return summary.exitCode;
  };
  try {
    const context: StepsContext = { settings, stateDir: stateDir(), signal, reporter };
    await pruneJournals(context.stateDir);
    const outcome =
      from === undefined ? await guideFromVideo(video ?? '', context) : await guideFromJsonFile(from, context);
    tell(outcome, seconds(), reporter, settings);
    const { state, keyframes, files, problems } = outcome;
    const duration = outcome.duration === undefined ? {} : { duration: outcome.duration / 1e6 };
    return close([
      { video: outcome.video, state, keyframes, cues: 0, seconds: seconds(), ...duration, outputs: files, problems },
    ]);
  } catch (error) {
    const code = abortExitCode(signal);
    if (code !== undefined) return close([], code);
    const failure: unknown = signal.aborted ? signal.reason : error;
    close([], EXIT.failed, failure);
    throw failure;
  }
}
