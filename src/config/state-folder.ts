import path from 'node:path';
import envPaths from 'env-paths';
import { variableOf } from './setting-definitions.ts';

/** The state folder where nothing names one. */
export function defaultStateDir(): string {
  return envPaths('secondglance', { suffix: '' }).data;
}

/** The setting `stateDir`. It is read from the environment alone, so that it holds for every command and for the library. */
export function stateDir(): string {
  return path.resolve(process.env[variableOf('stateDir')] || defaultStateDir());
}
