import path from 'node:path';
import { program } from '../cli/support/program.ts';
import { startRedis } from './redis.ts';
import { buildTinyBundle } from './tiny-bundle.ts';
import { makeFolder } from './videos.ts';

/**
 * Makes once what the integration and slow tests share: the built program, the tiny bundle, one Redis, and a folder for
 * films. Test files learn of them by environment variables (`run.ts`, `program.ts`).
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Both projects in one run.
  if (process.env.TEST_RUN_FOLDER !== undefined) return undefined;
  const folder = await makeFolder();
  const [main, redis] = await Promise.all([
    program(),
    startRedis({ password: 'shared+secret/word' }),
    buildTinyBundle(path.join(folder.path, 'tiny')),
  ]);
  process.env.TEST_RUN_FOLDER = folder.path;
  process.env.TEST_RUN_PROGRAM = main;
  process.env.TEST_RUN_REDIS = redis.url;
  return async () => {
    await redis.remove();
    await folder.remove();
  };
}
