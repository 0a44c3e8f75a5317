import type { Group } from '../core/types.ts';
import type { Captioner, CaptionModel } from '../workers/captioner.ts';
import type { WorkerError } from '../workers/errors.ts';
import { loadModel, type ModelChoice } from '../workers/load-model.ts';

/** Which model captions, and how. */
export interface CaptionerRequest {
  /** A model's name, the folder of one, or `openai:NAME`; the model that comes with secondglance by default. */
  readonly model?: ModelChoice | undefined;
  /** Passes over each keyframe for runs that name no number: 1 for the draft alone, 2 (the default) to correct it. */
  readonly passes?: 1 | 2 | undefined;
  /** Inference processes; by default as many as this machine has use for. The captions do not depend on it. */
  readonly processes?: number | undefined;
  /** Called for every failed attempt at a group, including those that a later attempt makes good. */
  readonly onFailure?: ((error: WorkerError, group: Group) => void) | undefined;
}

/** How a captioner is prepared that is not open yet. */
export interface LoadRequest extends CaptionerRequest {
  /** True: opening starts one inference process, and the others start once there are groups for them. */
  readonly startOnDemand?: boolean;
}

/** A captioner that runs a model in child processes, with the model's defaults. Disposing it ends them. */
export interface ModelCaptioner extends Captioner, AsyncDisposable {
  /** Passes over each keyframe, unless a run asks for another number. */
  readonly passes: 1 | 2;
  /** The confidence that the model recommends to ask of a caption, 0 to 1. */
  readonly minConfidence: number;
  /** What was asked of the model and is not done, in one sentence each. */
  readonly notes: readonly string[];
}

/** Puts a captioner on top of a loaded model. Its processes start with `open()`. */
export function modelCaptioner(model: CaptionModel, request: Omit<LoadRequest, 'model'> = {}): ModelCaptioner {
  const { passes = 2, processes, startOnDemand, onFailure } = request;
  const pool = model.captioner({
    ...(processes === undefined ? {} : { processes }),
    ...(startOnDemand === undefined ? {} : { startOnDemand }),
    ...(onFailure === undefined ? {} : { onFailure }),
  });
  return {
    passes,
    minConfidence: model.minConfidence,
    notes: model.notes ?? [],
    model: pool.model,
    runtime: pool.runtime,
    image: pool.image,
    concurrency: pool.concurrency,
    open: () => pool.open(),
    caption: (group, options, signal) => pool.caption(group, options, signal),
    close: () => pool.close(),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

/** Loads a model's description and prepares a captioner for it. Throws BundleError. */
export async function loadCaptioner({ model, ...rest }: LoadRequest = {}): Promise<ModelCaptioner> {
  return modelCaptioner(await loadModel(model), rest);
}

/**
 * Loads a model and starts its inference processes. The captioner may be used by any number of runs, one after the other
 * or at once; close it with `await using` or `close()`. Throws BundleError, or WorkerError `worker-start`.
 */
export async function openCaptioner(request: CaptionerRequest = {}): Promise<ModelCaptioner> {
  const captioner = await loadCaptioner(request);
  await captioner.open();
  return captioner;
}
