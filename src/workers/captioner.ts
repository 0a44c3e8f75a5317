import type { Caption, Group, ImageSpec, ModelIdentity } from '../core/types.ts';
import type { WorkerError } from './errors.ts';

/** How one group is to be captioned. */
export interface CaptionOptions {
  /** 1: the draft is the caption. 2: a second pass corrects the draft. */
  readonly passes: 1 | 2;
}

/**
 * Writes captions for groups of keyframes. The pool of inference processes (`pool/pool.ts`) is one implementation; a program that uses the
 * library may pass its own.
 *
 * `open()` comes first and `close()` last. In between, `caption` may be called for up to `concurrency` groups at once. It returns
 * one caption a keyframe, in order, which depends on the group and the options only, never on what else is in flight. A keyframe that
 * cannot be captioned comes back with `error` set; `caption` rejects when no caption can be written at all, and with the signal's reason
 * once the signal aborts.
 */
export interface Captioner {
  readonly model: ModelIdentity;
  /** What runs the model, such as `onnxruntime-node 1.30.0 cpu`: the same bytes are promised within one runtime only. */
  readonly runtime: string;
  readonly image: ImageSpec;
  readonly concurrency: number;
  /** Called again, it waits for the same opening, and rejects with the same error. */
  open(): Promise<void>;
  caption(group: Group, options: CaptionOptions, signal: AbortSignal): Promise<Caption[]>;
  close(): Promise<void>;
}

/** How a {@link CaptionModel} makes a captioner. */
export interface CaptionerOptions {
  /** Inference processes, or requests at once to a server. By default as many as are of use. The captions do not depend on it. */
  readonly processes?: number;
  /** True: {@link Captioner.open} starts one process, and the others start once there are groups for them. */
  readonly startOnDemand?: boolean;
  /** Called for every failed try, also where a later one succeeds. The detail has exit code, signal and last stderr lines. */
  readonly onFailure?: (error: WorkerError, group: Group) => void;
}

/** What `--model` stands for, found and checked. Nothing runs yet. */
export interface CaptionModel {
  readonly model: ModelIdentity;
  /** As in {@link Captioner}. */
  readonly runtime: string;
  readonly image: ImageSpec;
  /** The confidence that the model recommends to ask of a caption, 0 to 1. */
  readonly minConfidence: number;
  /** Groups at once, unless {@link CaptionerOptions.processes} says otherwise. */
  readonly defaultConcurrency: number;
  /** What was asked of the model and is not done, in one sentence each. */
  readonly notes?: readonly string[];
  /** A captioner for the model; {@link Captioner.open} starts it. */
  captioner(options?: CaptionerOptions): Captioner;
}
