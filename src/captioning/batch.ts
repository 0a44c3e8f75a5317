import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as settled } from 'node:timers/promises';
import type { JsonObject } from '../core/json-value.ts';
import { asInputError, type Source } from '../ingest/sources/sources.ts';
import { OutputExistsError } from '../storage/errors.ts';
import { isEditedOutput, outputStatus, recordOutput } from '../storage/output-manifest.ts';
import { nonClosingSink, type TextSink } from '../storage/sink.ts';
import type { RunContext } from './caption-input.ts';
import { captionOptions, digest, identify, sourceOf, trackKey } from './input-identity.ts';
import type { ModelCaptioner } from './open-captioner.ts';
import { bufferSink } from './outputs/line-buffer.ts';
import { openTarget } from './outputs/open-writers.ts';
import { assertWritable } from './outputs/output-status.ts';
import type { OutputPlan } from './outputs/plan-outputs.ts';
import type { Target } from './outputs/target.ts';
import { type InputSummary, problemOf } from './summary.ts';

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

/** What all inputs of a batch share. */
export interface BatchContext extends RunContext {
  /** Not open yet. */
  readonly captioner: ModelCaptioner;
  /** When the run began, on the clock of `performance.now()`. */
  readonly began: number;
}

/** Captions the inputs of one run and keeps a summary of each. */
export class Batch {
  readonly #context: BatchContext;
  readonly #plan: OutputPlan;
  readonly #summaries: InputSummary[] = [];
  /** Journals that the shared `jsonl` file still needs. */
  readonly #journals: string[] = [];
  /** Why the captioner cannot be opened: every other input would fail too. */
  #captionerError: unknown;

  constructor(context: BatchContext, plan: OutputPlan) {
    this.#context = context;
    this.#plan = plan;
  }

  /** The inputs that have ended. */
  get summaries(): readonly InputSummary[] {
    return this.#summaries;
  }

  /** Adds an input that cannot be used. */
  fail(video: string, error: unknown): void {
    this.#end({ ...emptySummary(video, 'failed', []), problems: [problemOf(error, this.#context.settings.verbose)] });
  }

  #end(summary: InputSummary): void {
    this.#summaries.push(summary);
    this.#context.reporter.end(summary);
  }

  /**
   * The model is loaded for the first input that needs it, while that is probed, and not at all if everything is up to
   * date.
   */
  #startModel(): void {
    // Whoever needs the model waits for the same opening, and gets the error.
    this.#context.captioner.open().catch((error: unknown) => {
      this.#captionerError = error;
    });
  }

  #keyOf(identity: JsonObject | undefined): string {
    return trackKey(identity, this.#context.settings, this.#context.captioner.model);
  }

  /** Of several inputs, one whose tracks were edited is left as it is, which is no failure. */
  async #keepEdited(source: Source, targets: readonly Target[]): Promise<boolean> {
    if (this.#plan.inputs.length === 1) return false;
    const { stateDir } = this.#context;
    const edited: string[] = [];
    for (const { path: file } of targets) {
      if (file === '-' || (await outputStatus(stateDir, file, '')) !== 'foreign') continue;
      if (!(await isEditedOutput(stateDir, file))) return false;
      edited.push(path.basename(file));
    }
    if (edited.length === 0) return false;
    const notes = [`${source.name}: ${edited.join(', ')} was edited and is kept; --force captions it again`];
    this.#end({ ...emptySummary(source.name, 'skipped', targets), notes });
    return true;
  }

  #upToDate(targets: readonly Target[], key: string, source?: string): Promise<boolean> {
    const { settings, stateDir } = this.#context;
    return assertWritable(stateDir, targets, { key, source, force: settings.force });
  }

  async #one(source: Source, targets: readonly Target[], position: number, lines?: TextSink): Promise<void> {
    const { reporter, signal } = this.#context;
    signal.throwIfAborted();
    // The first input's time has the program's start in it.
    const began = position === 1 ? this.#context.began : performance.now();
    try {
      const identity = await identify(source).catch((error: unknown) => {
        throw asInputError(error, source.label);
      });
      const key = this.#keyOf(identity);
      // The content of a URL may change while the address stays the same.
      if ((await this.#upToDate(targets, key, sourceOf(identity))) && source.kind !== 'url') {
        this.#end(emptySummary(source.name, 'skipped', targets));
        return;
      }
      reporter.begin(source.name, position, this.#plan.inputs.length);
      reporter.phase('probing');
      this.#startModel();
      // Loaded while the inference processes start: it is most of the program.
      const { captionInput } = await import('./caption-input.ts');
      const job = { source, identity, targets, key, began, ...(lines === undefined ? {} : { sharedJsonl: lines }) };
      const { summary, journal } = await captionInput(this.#context, job);
      if (journal !== undefined) this.#journals.push(journal);
      this.#end(summary);
    } catch (error) {
      // If stdout is lost, the run is aborted right after the failed write.
      if (targets.some((target) => target.path === '-') || lines?.target === '-') await settled();
      if (error instanceof OutputExistsError && (await this.#keepEdited(source, targets))) return;
      if (signal.aborted || (error !== undefined && error === this.#captionerError)) throw error;
      this.fail(source.name, error);
    }
  }

  /**
   * Captions the inputs in order. A video keeps all processes busy by itself. Pictures are one keyframe each, so several
   * are captioned at once, and their lines of a shared file are buffered until it is their turn.
   */
  async inputs(collected?: TextSink): Promise<void> {
    const running: Promise<void>[] = [];
    const most = 2 * this.#context.captioner.concurrency;
    let turn: Promise<void> = Promise.resolve();
    for (const [at, { source, targets }] of this.#plan.inputs.entries()) {
      if (source.kind !== 'picture') {
        await turn;
        await this.#one(source, targets, at + 1, collected === undefined ? undefined : nonClosingSink(collected));
        continue;
      }
      if (running.length >= most) await running.shift();
      const buffer = collected === undefined ? undefined : bufferSink(collected);
      const before = turn;
      const done = this.#one(source, targets, at + 1, buffer);
      turn = Promise.all([before, done]).then(() => buffer?.flush());
      turn.catch(() => undefined); // awaited below; until then it must not count as unhandled
      running.push(turn);
    }
    await turn;
  }

  /**
   * Writes one `jsonl` file with the lines of all inputs. It replaces an existing file when the last input is done, unless
   * every input failed.
   */
  async collect(target: Target): Promise<void> {
    const { stateDir, settings } = this.#context;
    const identities = await Promise.all(
      this.#plan.inputs.map(({ source }) => identify(source).catch(() => undefined)),
    );
    const known = identities.every((identity) => identity !== undefined && !('url' in identity));
    const key = digest([captionOptions(settings), ...identities.map((identity) => this.#keyOf(identity))]);
    if ((await this.#upToDate([target], key)) && known) {
      this.#end(emptySummary(path.basename(target.path), 'skipped', [target]));
      return;
    }
    const sink = await openTarget(this.#context, target.path);
    try {
      await this.inputs(sink);
      if (this.#summaries.every(({ state }) => state === 'failed')) {
        await sink.discard();
        return;
      }
      const { sha256 } = await sink.commit();
      const whole = this.#summaries.every(({ state }) => state === 'done');
      if (target.path !== '-') {
        const { format } = target;
        await recordOutput(stateDir, target.path, { key: whole ? `${format} ${key}` : '', sha256 });
      }
      // If an input is missing, the next run tries it again, and must not repeat the others.
      if (whole) await Promise.all(this.#journals.map((file) => rm(file, { force: true })));
    } catch (error) {
      await sink.discard();
      throw error;
    }
  }
}
