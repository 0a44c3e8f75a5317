import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageSpec } from '../../core/types.ts';
import { listBundles, MANIFEST } from '../bundle/bundle.ts';
import { parseManifest } from '../bundle/manifest.ts';
import { installedModels } from './model-folders.ts';

async function folders(): Promise<string[]> {
  const installed = await readdir(installedModels()).catch(() => []);
  return [
    ...(await listBundles()).map(({ folder }) => folder),
    ...installed.map((name) => join(installedModels(), name)),
  ];
}

/**
 * The picture format of a model, by its SHA-256; undefined where this machine does not have it. Reads what says so and nothing else: the model is
 * not checked.
 */
export async function installedImage(sha256: string): Promise<ImageSpec | undefined> {
  for (const folder of await folders()) {
    const file = join(folder, MANIFEST);
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== sha256) continue;
    const { width, height, resize, filter, matrix } = parseManifest(bytes.toString('utf8'), file).image;
    return { width, height, resize, filter, matrix };
  }
  return undefined;
}
