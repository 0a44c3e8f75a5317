import path from 'node:path';
import envPaths from 'env-paths';

/**
 * The folder for what must outlive a run: journals of unfinished inputs and the ledger of finished tracks.
 * `SECONDGLANCE_STATE_DIR` moves it.
 */
export function stateDir(): string {
  return path.resolve(process.env.SECONDGLANCE_STATE_DIR || envPaths('secondglance', { suffix: '' }).data);
}
