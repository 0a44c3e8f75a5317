import { identify } from '../captioning/input-identity.ts';
import { type InputPlan, planOutputs } from '../captioning/outputs/plan-outputs.ts';
import { needsVideo } from '../captioning/outputs/target.ts';
import { recordSubmissions } from '../captioning/queued/submitted.ts';
import { makeRequest, requestId } from '../captioning/queued/video-request.ts';
import { waitForVideos } from '../captioning/queued/wait-for-videos.ts';
import type { Reporter } from '../captioning/reporter.ts';
import { applyModelDefaults, type CaptionRequest, type RunSettings } from '../captioning/settings.ts';
import { readDialogue, withSpeech } from '../captioning/speech/find-dialogue.ts';
import { failedSummary, type InputSummary, summarise, withoutDetail } from '../captioning/summary.ts';
import type { Settings } from '../config/settings-schema.ts';
import { stateDir } from '../config/state-folder.ts';
import { EXIT, UsageError } from '../core/failures.ts';
import { abortExitCode, onInterrupted } from '../core/lifetime/interruption.ts';
import { sleep } from '../core/time/sleep.ts';
import { expandInputs, type InputProblem, type Source } from '../ingest/sources/sources.ts';
import type { Priority } from '../queue/priority.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import { isInfrastructureError } from '../queue/redis/connection.ts';
import type { Submission } from '../queue/redis/records.ts';
import { type Submitted, submitVideos } from '../queue/video-control.ts';
import { loadModel } from '../workers/load-model.ts';
import { withQueue } from './queue-client.ts';

/** How inputs are submitted. */
export interface SubmitRequest {
  readonly settings: CaptionRequest;
  /** The installation. */
  readonly queue: Settings;
  readonly priority: Priority;
  /** Wait until all have ended, and report them. */
  readonly wait: boolean;
  readonly reporter: Reporter;
  /** Called for each video that was submitted. */
  onSubmitted(name: string, submitted: Submitted): void;
}

/** Gives each input outputs of its own. Throws a UsageError for outputs that only a process beside the video can write. */
function planSubmissions(sources: readonly Source[], settings: CaptionRequest, wanted: number): readonly InputPlan[] {
  if (settings.output.output === '-')
    throw new UsageError('services cannot write to the stdout of this command: name a file or a folder with -o');
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

const STDIN = 'services cannot read the stdin of this command: name a file or a URL';

async function submissionOf(
  { source, targets }: InputPlan,
  settings: RunSettings,
  priority: Priority,
  model: Parameters<typeof makeRequest>[4],
): Promise<Submission> {
  const { kind } = source;
  const identity = await identify(source);
  if (kind === 'stdin' || identity === undefined) throw new UsageError(STDIN);
  const known =
    'url' in identity
      ? { url: source.input }
      : { path: String(identity.path), size: Number(identity.size), changed: Number(identity.changed) };
  const request = makeRequest({ ...source, kind }, known, targets, settings, model);
  return { id: requestId(request), request: JSON.stringify(request), priority, name: source.name };
}

/** Submissions that are recorded and sent together. */
const BATCH = 500;

async function submitAll(
  queue: QueueContext,
  submissions: readonly Submission[],
  onSubmitted: SubmitRequest['onSubmitted'],
): Promise<void> {
  for (let from = 0; from < submissions.length; from += BATCH) {
    const batch = submissions.slice(from, from + BATCH);
    await recordSubmissions(queue, batch);
    for (const [at, submitted] of (await submitVideos(queue, batch)).entries()) {
      onSubmitted(batch[at]?.name ?? submitted.id, submitted);
    }
  }
}

/** Between two attempts to submit to a Redis that is full. */
const FULL_RETRY_MS = 1000;

/** Submits all, and waits for a Redis that is full or away: whoever waits for the videos waits for it as well. */
async function submitPatiently(
  queue: QueueContext,
  submissions: readonly Submission[],
  { onSubmitted, reporter }: SubmitRequest,
  signal: AbortSignal,
): Promise<void> {
  for (let noted = false; !signal.aborted; noted = true) {
    try {
      await submitAll(queue, submissions, onSubmitted);
      return;
    } catch (error) {
      if (!isInfrastructureError(error)) throw error;
      if (!noted) reporter.note('secondglance: Redis is full or away; waiting for it');
    }
    await sleep(FULL_RETRY_MS, signal).catch(() => undefined);
  }
}

function reportProblems({ reporter, settings }: SubmitRequest, problems: readonly InputProblem[]): InputSummary[] {
  return problems.map(({ label, error }) => {
    const summary = failedSummary(label, error, settings.verbose);
    reporter.end(summary);
    return summary;
  });
}

/** Some were submitted, others could not be. */
function exitCodeOf(failed: readonly InputSummary[], submitted: number): number {
  const { exitCode } = summarise(failed, 0);
  return exitCode === EXIT.failed && submitted > 0 ? EXIT.partial : exitCode;
}

/**
 * Submits every input as a job of its own, and waits for them where `wait` says so. Returns the exit code. Throws a UsageError before
 * anything is submitted, and a QueueError where Redis cannot be reached.
 */
export async function submitInputs(
  inputs: readonly string[],
  request: SubmitRequest,
  signal: AbortSignal,
): Promise<number> {
  const { settings, priority, wait, reporter } = request;
  const began = performance.now();
  if (inputs.includes('-')) throw new UsageError(STDIN);
  const { sources, problems } = await expandInputs(inputs);
  const plans = planSubmissions(sources, settings, sources.length + problems.length);
  const model = await loadModel(settings.model);
  for (const note of model.notes ?? []) reporter.note(note);
  onInterrupted(signal, () =>
    reporter.note('secondglance: no longer waiting; the jobs continue (secondglance status, cancel)'),
  );
  return withQueue(request.queue, async (queue) => {
    const failed = reportProblems(request, problems);
    const submissions: Submission[] = [];
    const { around } = settings;
    const dialogue = around === undefined ? undefined : await readDialogue(around);
    for (const plan of plans) {
      const own = dialogue && (await withSpeech(dialogue, { source: plan.source, stateDir: stateDir(), signal }));
      const all = { ...applyModelDefaults(settings, model), ...(own === undefined ? {} : { dialogue: own.dialogue }) };
      submissions.push(await submissionOf(plan, all, priority, model));
    }
    if (wait) await submitPatiently(queue, submissions, request, signal);
    else await submitAll(queue, submissions, request.onSubmitted);
    if (!wait) return exitCodeOf(failed, submissions.length);
    const end = (summary: InputSummary): void => reporter.end(settings.verbose ? summary : withoutDetail(summary));
    const ended = await waitForVideos(queue, submissions, { ...reporter, end }, signal);
    const run = summarise([...failed, ...ended], (performance.now() - began) / 1000);
    const exitCode = abortExitCode(signal) ?? run.exitCode;
    reporter.close({ ...run, exitCode });
    return exitCode;
  });
}
