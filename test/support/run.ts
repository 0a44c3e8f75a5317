import path from 'node:path';

/**
 * The folder of what is made once for a whole test run (see `global-setup.ts`); undefined outside of one, as in
 * `npm run chaos` and the benchmarks.
 */
export const runFolder: string | undefined = process.env.TEST_RUN_FOLDER;

/** A tiny bundle with the default options, which tests only read. Not for unit tests, which are a run of their own. */
export function tinyBundle(): string {
  return path.join(required(runFolder), 'tiny');
}

/** The address of the Redis that all test files of a run share, password included. */
export function sharedRedisUrl(): string {
  return required(process.env.TEST_RUN_REDIS);
}

function required(value: string | undefined): string {
  if (value === undefined) throw new Error('only integration and slow tests share what a run has made');
  return value;
}
