import { DEFAULT_BUNDLE } from './bundle/bundle.ts';
import type { CaptionModel } from './captioner.ts';
import { loadLocalModel } from './families/families.ts';
import type { Provider, RunnableModel } from './families/family.ts';
import { createCaptioner, runtimeOf } from './pool/pool.ts';

/** Which model, and how it is reached. */
export interface ModelRequest {
  /** An installed model by name, or the folder of one; the model that comes with secondglance by default. */
  readonly name?: string | undefined;
  /** What runs its graphs; `cpu` by default. */
  readonly provider?: Provider;
}

/** A {@link CaptionModel} that runs in inference processes on this machine. */
export interface LocalCaptionModel extends CaptionModel {
  readonly local: RunnableModel;
}

function localModel(local: RunnableModel): LocalCaptionModel {
  const { model, image, minConfidence } = local;
  return {
    ...{ local, model, image, minConfidence },
    runtime: runtimeOf(local),
    captioner: (options) => createCaptioner({ ...options, model: local }),
  };
}

/** True for a model whose graphs run on this machine. */
export function isLocal(model: CaptionModel): model is LocalCaptionModel {
  return 'local' in model;
}

/**
 * Finds the model of `--model` and checks it, as far as that is possible without starting it.
 * @throws BundleError
 */
export async function loadModel(request: string | ModelRequest = {}): Promise<CaptionModel> {
  const { name = DEFAULT_BUNDLE, provider } = typeof request === 'string' ? { name: request } : request;
  return localModel(await loadLocalModel(name, provider));
}
