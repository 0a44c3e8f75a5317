import type { Detail } from '../../config/settings-schema.ts';
import { loadBundle } from '../bundle/bundle.ts';
import { BundleError } from '../errors.ts';
import { HUB_FAMILIES } from '../hub/hub-family.ts';
import { ocrFamily } from '../ocr/ocr-family.ts';
import { bundleFamily } from './bundle-family.ts';
import type { ModelFamily, Provider, RunnableModel } from './family.ts';
import { modelFolder } from './model-folders.ts';

/** The families that run in inference processes. The first that recognises a folder runs it. */
export const FAMILIES: readonly ModelFamily[] = [bundleFamily, ...HUB_FAMILIES, ocrFamily];

/**
 * Finds a model and checks its files.
 * @param nameOrPath a bare name for an installed model or one of the package's own, or the path of a folder
 * @throws BundleError
 */
export async function loadLocalModel(
  nameOrPath: string,
  provider: Provider = 'cpu',
  detail: Detail = 'brief',
): Promise<RunnableModel> {
  const folder = await modelFolder(nameOrPath);
  for (const family of FAMILIES) {
    if (await family.recognises(folder)) return family.load(folder, provider, detail);
  }
  // No family: the error says what was looked for.
  await loadBundle(nameOrPath, { provider });
  throw new BundleError('bundle-missing', `${folder} holds no model that secondglance knows: see docs/models.md.`);
}
