import { readdir } from 'node:fs/promises';
import { installedModels } from '../families/model-folders.ts';

/** The names of the installed models. */
export async function listInstalled(): Promise<readonly string[]> {
  const found = await readdir(installedModels(), { withFileTypes: true }).catch(() => []);
  return found.flatMap((entry) => (entry.isDirectory() && /^[a-z0-9-]+$/.test(entry.name) ? [entry.name] : [])).sort();
}
