import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { stateDir } from '../../config/state-folder.ts';
import { bundleFolder, isModelName } from '../bundle/bundle.ts';

/** The folder of the models that the user has installed, a folder each. */
export function installedModels(): string {
  return join(stateDir(), 'models');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * The folder that a model's name or path means: a bare name is one of the package's own bundles or an installed model, anything else is a path.
 * It need not exist.
 */
export async function modelFolder(nameOrPath: string): Promise<string> {
  const own = bundleFolder(nameOrPath);
  if (!isModelName(nameOrPath) || (await exists(own))) return own;
  const installed = join(installedModels(), nameOrPath);
  return (await exists(installed)) ? installed : own;
}
