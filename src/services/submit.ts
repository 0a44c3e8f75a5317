import { identify } from '../captioning/input-identity.ts';
import { type InputPlan, needsVideo, planOutputs } from '../captioning/outputs.ts';
import { humanReporter, jsonReporter, type Reporter } from '../captioning/progress.ts';
import { remember } from '../captioning/queued/submitted.ts';
import { makeRequest, requestId } from '../captioning/queued/video-request.ts';
import { waitForVideos } from '../captioning/queued/wait-for-videos.ts';
import { applyModelDefaults, type CaptionSettings, type RequestedSettings } from '../captioning/settings.ts';
import { type InputSummary, problemOf, summarise } from '../captioning/summary.ts';
import type { SettingFlags } from '../config/load.ts';
import { UsageError } from '../core/failures.ts';
import { abortExitCode, onInterrupted } from '../core/interruption.ts';
import { expandInputs, type InputProblem, type Source } from '../ingest/sources/sources.ts';
import { submitVideo } from '../queue/control.ts';
import type { Priority } from '../queue/names.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import type { Submission } from '../queue/redis/records.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../workers/bundle/bundle.ts';
import { failedSummary } from './ending.ts';
import { withQueue } from './queue-client.ts';

/** What `submit` is asked for. */
export interface SubmitRequest {
  readonly settings: RequestedSettings;
  readonly flags: SettingFlags;
  readonly priority: Priority;
  readonly wait: boolean;
}

/** Each input with files of its own; what only one process can write is refused. Throws a UsageError. */
function plansOf(sources: readonly Source[], settings: RequestedSettings, wanted: number): readonly InputPlan[] {
  if (settings.output.output === '-')
    throw new UsageError('services cannot write to this stdout: give -o a file or a folder');
  const { inputs, collected } = planOutputs(sources, settings.output, wanted);
  const copy = inputs.flatMap(({ targets }) => targets).find(needsVideo);
  if (copy !== undefined)
    throw new UsageError(`services do not copy videos: write ${copy.path} with caption, without --queue`);
  if (collected === undefined) return inputs;
  if (inputs.length > 1) {
    throw new UsageError(
      `${collected.path} would take the lines of ${inputs.length} inputs, each of which is a job of its own: end -o with /`,
    );
  }
  return inputs.map(({ source }) => ({ source, targets: [collected] }));
}

async function submissionOf(
  { source, targets }: InputPlan,
  settings: CaptionSettings,
  priority: Priority,
  bundle: Parameters<typeof makeRequest>[4],
): Promise<Submission> {
  const { kind } = source;
  const identity = await identify(source);
  if (kind === 'stdin' || identity === undefined)
    throw new UsageError('services cannot read this stdin: give a file or an address');
  const known =
    'url' in identity
      ? { url: source.input }
      : { path: String(identity.path), size: Number(identity.size), changed: Number(identity.changed) };
  const request = makeRequest({ ...source, kind }, known, targets, settings, bundle);
  return { id: requestId(request), request: JSON.stringify(request), priority, name: source.name };
}

/** Submits one after the other; tells of each. */
async function submitAll(
  site: QueueContext,
  submissions: readonly Submission[],
  settings: RequestedSettings,
  quiet: boolean,
): Promise<void> {
  for (const submission of submissions) {
    await remember(site, submission);
    const { id, begun } = await submitVideo(site, submission);
    if (quiet) continue;
    const { name } = submission;
    const line = settings.json
      ? JSON.stringify({ event: 'submitted', id, video: name, begun })
      : `${id}  ${name}${begun ? '' : '  (under way already)'}`;
    process.stdout.write(`${line}\n`);
  }
}

function tell(reporter: Reporter, problems: readonly InputProblem[], verbose: boolean): InputSummary[] {
  return problems.map(({ label, error }) => {
    const summary = { ...failedSummary(label, error), problems: [problemOf(error, verbose)] };
    reporter.end(summary);
    return summary;
  });
}

/**
 * `secondglance submit`: enters every input as a job of its own, remembered on this disk too. With `wait` it goes on until
 * all have ended, and tells of them as `caption` does. Returns the exit code. Throws a UsageError before anything is
 * submitted, a QueueError where Redis cannot be reached.
 */
export async function runSubmit(
  inputs: readonly string[],
  { settings, flags, priority, wait }: SubmitRequest,
  signal: AbortSignal,
): Promise<number> {
  const began = performance.now();
  if (inputs.includes('-')) throw new UsageError('services cannot read this stdin: give a file or an address');
  const { sources, problems } = await expandInputs(inputs);
  const plans = plansOf(sources, settings, sources.length + problems.length);
  const bundle = await loadBundle(settings.model ?? DEFAULT_BUNDLE);
  const reporter = settings.json ? jsonReporter() : humanReporter(settings);
  onInterrupted(signal, () =>
    reporter.note('secondglance: no longer waiting; the jobs go on (secondglance status, cancel)'),
  );
  return withQueue(flags, async (site) => {
    const failed = tell(reporter, problems, settings.verbose);
    const submissions: Submission[] = [];
    for (const plan of plans)
      submissions.push(await submissionOf(plan, applyModelDefaults(settings, bundle), priority, bundle));
    await submitAll(site, submissions, settings, wait || settings.quiet);
    if (!wait) return summarise(failed, 0).exitCode === 1 && submissions.length > 0 ? 3 : summarise(failed, 0).exitCode;
    const ended = await waitForVideos(site, submissions, reporter, signal);
    const run = summarise([...failed, ...ended], (performance.now() - began) / 1000);
    const exitCode = abortExitCode(signal) ?? run.exitCode;
    reporter.close({ ...run, exitCode });
    return exitCode;
  });
}
