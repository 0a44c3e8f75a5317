import path from 'node:path';
import envPaths from 'env-paths';

/**
 * The folder for state that outlives a run: journals of unfinished inputs and the manifest of finished outputs.
 * `SECONDGLANCE_STATE_DIR` overrides it.
 */
export function stateDir(): string {
  return path.resolve(process.env.SECONDGLANCE_STATE_DIR || envPaths('secondglance', { suffix: '' }).data);
}
