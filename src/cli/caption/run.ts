import { rm } from 'node:fs/promises';
import path from 'node:path';
import { SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import type { Captioner } from '../../core/types.ts';
import { expandInputs, type Source } from '../../ingest/sources.ts';
import { recordTrack, trackState } from '../../pipeline/ledger.ts';
import { ensureFolder, openFileSink, shared, streamSink, type TextSink } from '../../pipeline/sink.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../../workers/bundle.ts';
import { createCaptioner } from '../../workers/pool.ts';
import { describeFailure, EXIT, UsageError } from '../exit.ts';
import { onInterrupt } from '../signals.ts';
import { stateDir } from '../state.ts';
import { captionOptions, digest, type Facts, identify } from './identity.ts';
import { captionInput, type InputJob, type InputOutcome, type RunContext } from './input.ts';
import { pruneJournals } from './journals.ts';
import { bufferSink } from './line-buffer.ts';
import { type OutputPlan, planOutputs, type Target } from './outputs.ts';
import { humanReporter, type InputSummary, jsonReporter } from './progress.ts';
import type { CaptionSettings } from './settings.ts';

/** A target that holds something which is not ours to overwrite. */
class TrackExistsError extends SecondGlanceError<'track-exists'> {
  constructor(target: string) {
    super(
      'track-exists',
      `${target} is already there and was not written by secondglance (or was edited since): --force writes over it, -o writes elsewhere`,
    );
  }
}

function emptySummary(video: string, state: InputSummary['state'], outputs: readonly Target[]): InputSummary {
  return {
    video,
    state,
    keyframes: 0,
    cues: 0,
    seconds: 0,
    outputs: outputs.map((target) => target.path),
    problems: [],
  };
}

/** One run of `caption`: knows how each input went, and what the exit code will be. */
class CaptionRun {
  readonly #context: RunContext;
  readonly #plan: OutputPlan;
  readonly #summaries: InputSummary[] = [];
  /** Journals that a collected file still needs. */
  readonly #journals: string[] = [];
  #opened: Promise<void> | undefined;

  constructor(context: RunContext, plan: OutputPlan) {
    this.#context = context;
    this.#plan = plan;
  }

  get summaries(): readonly InputSummary[] {
    return this.#summaries;
  }

  fail(video: string, error: unknown): void {
    const { reporter, settings } = this.#context;
    const code = error instanceof SecondGlanceError ? error.code : 'unexpected';
    const message = describeFailure(error, settings.verbose);
    this.#end({ ...emptySummary(video, 'failed', []), problems: [{ code, message }] });
    if (settings.json) reporter.note(`${video}: ${sentenceOf(error)}`);
  }

  #end(summary: InputSummary): void {
    this.#summaries.push(summary);
    this.#context.reporter.end(summary);
  }

  /** The models are loaded for the first input that needs them, not for a run in which everything is up to date. */
  #open(): Promise<void> {
    this.#opened ??= this.#context.captioner.open();
    return this.#opened;
  }

  #keyOf(identity: Facts | undefined): string {
    const { settings, captioner } = this.#context;
    const options = { ...captionOptions(settings), minConfidence: settings.minConfidence };
    return digest({ input: identity ?? { stdin: Date.now() }, options, model: captioner.model.sha256 });
  }

  /** True where every target is up to date. Throws a TrackExistsError where one is not ours. */
  async #upToDate(targets: readonly Target[], key: string): Promise<boolean> {
    const { settings, stateDir: state } = this.#context;
    if (settings.force || targets.length === 0) return false;
    let current = 0;
    for (const { path: file } of targets) {
      if (file === '-') continue;
      const found = await trackState(state, file, key);
      if (found === 'foreign') throw new TrackExistsError(file);
      if (found === 'current') current += 1;
    }
    return current === targets.length;
  }

  async #one(source: Source, targets: readonly Target[], position: number, lines?: TextSink): Promise<void> {
    const { reporter, signal } = this.#context;
    signal.throwIfAborted();
    try {
      const identity = await identify(source);
      const key = this.#keyOf(identity);
      // What a URL gives may change while its address stays.
      const repeatable = source.kind !== 'url';
      if ((await this.#upToDate(targets, key)) && repeatable) {
        this.#end(emptySummary(source.name, 'skipped', targets));
        return;
      }
      await this.#open();
      reporter.begin(source.name, position, this.#plan.inputs.length);
      const job: InputJob = { source, identity, targets, key, ...(lines === undefined ? {} : { lines }) };
      const outcome: InputOutcome = await captionInput(this.#context, job);
      if (outcome.journal !== undefined) this.#journals.push(outcome.journal);
      this.#end(outcome.summary);
    } catch (error) {
      if (signal.aborted) throw error;
      this.fail(source.name, error);
    }
  }

  /**
   * Inputs in their order. A video keeps all processes busy by itself; pictures, which are one keyframe each, run
   * several at a time, and their lines wait for their turn.
   */
  async inputs(collected?: TextSink): Promise<void> {
    const running: Promise<void>[] = [];
    const most = 2 * this.#context.captioner.concurrency;
    let turn: Promise<void> = Promise.resolve();
    for (const [at, { source, targets }] of this.#plan.inputs.entries()) {
      if (source.kind !== 'picture') {
        await turn;
        await this.#one(source, targets, at + 1, collected === undefined ? undefined : shared(collected));
        continue;
      }
      if (running.length >= most) await running.shift();
      const buffer = collected === undefined ? undefined : bufferSink(collected);
      const before = turn;
      const done = this.#one(source, targets, at + 1, buffer);
      turn = Promise.all([before, done]).then(() => buffer?.flush());
      turn.catch(() => undefined); // awaited below; a rejection in between must not end the process
      running.push(turn);
    }
    await turn;
  }

  /** A file that takes the lines of all inputs: complete, and renamed, when the last one is done. */
  async collect(target: Target): Promise<void> {
    const { stateDir: state, settings } = this.#context;
    const identities = await Promise.all(
      this.#plan.inputs.map(({ source }) => identify(source).catch(() => undefined)),
    );
    const known = identities.every((identity) => identity !== undefined && !('url' in identity));
    const key = digest([captionOptions(settings), ...identities.map((identity) => this.#keyOf(identity))]);
    if (known && (await this.#upToDate([target], key))) {
      this.#end(emptySummary(path.basename(target.path), 'skipped', [target]));
      return;
    }
    if (target.path !== '-') await ensureFolder(path.dirname(target.path));
    const sink = target.path === '-' ? streamSink(process.stdout) : await openFileSink(target.path);
    try {
      await this.inputs(sink);
      const { sha256 } = await sink.commit();
      const whole = this.#summaries.every(({ state: how }) => how === 'done');
      if (target.path !== '-') await recordTrack(state, target.path, { key: whole ? key : `partial ${key}`, sha256 });
    } catch (error) {
      await sink.discard();
      throw error;
    }
    await Promise.all(this.#journals.map((file) => rm(file, { force: true })));
  }
}

function exitCodeOf(summaries: readonly InputSummary[]): number {
  const failed = summaries.filter(({ state }) => state === 'failed').length;
  if (failed === summaries.length && failed > 0) return EXIT.failed;
  return failed > 0 || summaries.some(({ state }) => state === 'partial') ? EXIT.partial : EXIT.done;
}

/** The run's last line: what each input came to, in numbers. */
function closingLine(summaries: readonly InputSummary[], seconds: number): string {
  const count = (state: InputSummary['state']): number => summaries.filter((summary) => summary.state === state).length;
  const parts = (['done', 'partial', 'failed', 'skipped'] as const)
    .map((state) => ({ state, n: count(state) }))
    .filter(({ n }) => n > 0)
    .map(({ state, n }) => `${n} ${state === 'skipped' ? 'up to date' : state}`);
  const keyframes = summaries.reduce((sum, summary) => sum + summary.keyframes, 0);
  return `${summaries.length} inputs: ${parts.join(', ')}; ${keyframes} keyframes in ${seconds.toFixed(1)} s`;
}

async function makeCaptioner(settings: CaptionSettings): Promise<Captioner> {
  const bundle = await loadBundle(settings.model ?? DEFAULT_BUNDLE);
  return createCaptioner({
    bundle,
    looks: settings.looks,
    ...(settings.workers === undefined ? {} : { processes: settings.workers }),
  });
}

/**
 * `secondglance caption`: returns the exit code. Throws a UsageError before anything is started, or what made the whole
 * run impossible (no ffmpeg, a broken bundle, an output that cannot be written).
 */
export async function runCaption(args: readonly string[], settings: CaptionSettings): Promise<number> {
  const began = performance.now();
  if (args.filter((arg) => arg === '-').length > 1) throw new UsageError('- (stdin) can be read only once');
  const { sources, problems } = await expandInputs(args);
  const plan = planOutputs(sources, settings.output);
  const reporter = settings.json ? jsonReporter() : humanReporter(settings);
  const interruption = onInterrupt(() => reporter.note('secondglance: ending; the same command goes on from here'));
  const { signal } = interruption;
  let captioner: Captioner | undefined;
  try {
    captioner = await makeCaptioner(settings);
    const context: RunContext = { settings, captioner, stateDir: stateDir(), signal, reporter };
    await pruneJournals(context.stateDir);
    const run = new CaptionRun(context, plan);
    for (const { label, error } of problems) run.fail(label, error);
    if (plan.collected === undefined) await run.inputs();
    else if (sources.length > 0) await run.collect(plan.collected);
    const code = exitCodeOf(run.summaries);
    const seconds = (performance.now() - began) / 1000;
    if (settings.json) process.stdout.write(`${JSON.stringify({ event: 'summary', exitCode: code, seconds })}\n`);
    else if (run.summaries.length > 1 && !settings.quiet) reporter.note(closingLine(run.summaries, seconds));
    return code;
  } catch (error) {
    const code = interruption.exitCode();
    if (code === undefined) throw error;
    return code;
  } finally {
    reporter.close();
    await captioner?.close();
    interruption.dispose();
  }
}
