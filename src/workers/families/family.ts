import type { Detail } from '../../config/settings-schema.ts';
import type { Caption, Group, ImageSpec, ModelIdentity } from '../../core/types.ts';
import type { CaptionOptions } from '../captioner.ts';

/** The onnxruntime execution provider that runs the graphs. A bundle may have separate graphs for one. */
export type Provider = 'cpu' | 'cuda' | 'webgpu';

/** A model that runs in inference processes: found, and its files checked. */
export interface LocalModel {
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly provider: Provider;
  readonly model: ModelIdentity;
  /** How frames are prepared for it. */
  readonly image: ImageSpec;
  /** Captions of lower confidence are more often wrong than right; tracks omit them by default. */
  readonly minConfidence: number;
  /** True for a model that captions pictures on which nothing is visible as well. */
  readonly captionsFlat?: boolean;
  /** The length of its captions: what was asked for, where the family can do that, else `brief`. */
  readonly detail: Detail;
  /** How many files were checked. */
  readonly fileCount: number;
}

/** A model running in this process: every call blocks the event loop while a graph runs. */
export interface LocalEngine {
  /** One caption a keyframe, in order. Two passes: the family's second pass corrects the draft. */
  caption(group: Group, options: CaptionOptions): Promise<Caption[]>;
  release(): Promise<void>;
}

/** How an engine is opened. */
export interface OpenOptions {
  /** A folder to which onnxruntime writes its profile of the runs when the engine is released. */
  readonly profiles?: string;
}

/** A {@link LocalModel} that its family can run. */
export interface RunnableModel extends LocalModel {
  /** Loads the graphs into this process. Throws a BundleError or ModelError where a file cannot be loaded or does not fit. */
  open(options?: OpenOptions): Promise<LocalEngine>;
}

/** A kind of model: what its folder looks like, and how such models are run. */
export interface ModelFamily {
  readonly name: string;
  /** True where the folder holds a model of this family, complete or not. */
  recognises(folder: string): Promise<boolean>;
  /** Reads and checks the model. Its identity covers the length of its captions. Throws a BundleError or ModelError. */
  load(folder: string, provider: Provider, detail: Detail): Promise<RunnableModel>;
}
