import { loadSetting } from '../config/load.ts';
import { flagOf } from '../config/setting-definitions.ts';
import { UsageError } from '../core/failures.ts';
import { DEFAULT_BUNDLE } from './bundle/bundle.ts';
import type { CaptionModel } from './captioner.ts';
import { loadLocalModel } from './families/families.ts';
import type { Provider, RunnableModel } from './families/family.ts';
import { modelFolder } from './families/model-folders.ts';
import { HUB_FAMILIES } from './hub/hub-family.ts';
import { defaultProcesses } from './pool/cores.ts';
import { createCaptioner, runtimeOf } from './pool/pool.ts';
import type { ServerFlags } from './server/server-settings.ts';
import { describeVisible } from './skip-invisible.ts';

/** `--model openai:NAME` */
const SERVER = 'openai:';
/** `--model exec:PROGRAM` */
const PROGRAM = 'exec:';

/** Which model, and how it is reached. */
export interface ModelRequest {
  /** An installed model by name, or the folder of one; the model that comes with secondglance by default. */
  readonly name?: string | undefined;
  /** What runs its graphs; `cpu` by default. */
  readonly provider?: Provider;
  /** Settings of model servers from the command line. */
  readonly flags?: ServerFlags;
  /** True: the captions also have the text in the picture. */
  readonly readText?: boolean;
  /** Called before each request to a server; throws where the address may not be used. */
  readonly checkUrl?: (url: string) => Promise<void>;
}

/** A model by its name or path alone, or with how it is reached. */
export type ModelChoice = string | ModelRequest;

/** A {@link CaptionModel} that runs in inference processes on this machine. */
export interface LocalCaptionModel extends CaptionModel {
  readonly local: RunnableModel;
}

function localModel(local: RunnableModel): LocalCaptionModel {
  const { model, image, minConfidence, captionsFlat = false } = local;
  const all: LocalCaptionModel = {
    ...{ local, model, image, minConfidence },
    runtime: runtimeOf(local),
    defaultConcurrency: defaultProcesses(),
    captioner: (options) => createCaptioner({ ...options, model: local }),
  };
  return captionsFlat ? all : describeVisible(all);
}

/** True for a model whose graphs run on this machine. */
export function isLocal(model: CaptionModel): model is LocalCaptionModel {
  return 'local' in model;
}

/** True where `--model` means a bundle, or nothing that is known: bundles have the message for that. */
export async function isModelBundle(name: string): Promise<boolean> {
  if (name.startsWith(SERVER) || name.startsWith(PROGRAM)) return false;
  const folder = await modelFolder(name);
  for (const family of HUB_FAMILIES) if (await family.recognises(folder)) return false;
  return true;
}

/**
 * Finds the model of `--model` and checks it, as far as that is possible without starting it.
 * @throws BundleError, UsageError
 */
export async function loadModel(choice: ModelChoice = {}): Promise<CaptionModel> {
  const request: ModelRequest = typeof choice === 'string' ? { name: choice } : choice;
  const model = await loadCaptionModel(request);
  if (request.readText !== true) return model;
  const { readText } = await import('./ocr/read-text.ts');
  return readText(model, request.provider);
}

async function loadCaptionModel({
  name = DEFAULT_BUNDLE,
  provider,
  flags = {},
  checkUrl,
}: ModelRequest): Promise<CaptionModel> {
  if (name.startsWith(SERVER)) {
    // Loaded here: other models need neither the settings of servers nor an HTTP client.
    const { readServerSettings } = await import('./server/server-settings.ts');
    const { serverModel } = await import('./server/server-model.ts');
    return describeVisible(
      serverModel(name.slice(SERVER.length), { settings: await readServerSettings(flags), checkUrl }),
    );
  }
  if (name.startsWith(PROGRAM)) {
    const { readServerSettings } = await import('./server/server-settings.ts');
    const { commandModel } = await import('./command/command-model.ts');
    return describeVisible(await commandModel(name.slice(PROGRAM.length), await readServerSettings(flags)));
  }
  const unused = (['baseUrl', 'prompt', 'promptFile'] as const).find((flag) => flags[flag] !== undefined);
  if (unused !== undefined) throw new UsageError(`${flagOf(unused)} is for --model ${SERVER}NAME: leave it out`);
  const { value: detail, origin } = await loadSetting('detail', { flags: { detail: flags.detail } });
  const local = await loadLocalModel(name, provider, detail);
  if (local.detail === detail) return localModel(local);
  const note = `${local.model.name} writes brief captions only: ${detail} in ${origin} has no effect`;
  return { ...localModel(local), notes: [note] };
}
