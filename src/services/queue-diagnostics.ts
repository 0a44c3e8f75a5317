import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { LoadedSettings } from '../config/load.ts';
import type { Settings } from '../config/settings-schema.ts';
import { placeOf } from '../queue/redis/connection.ts';
import type { Finding } from './diagnostics.ts';
import { inspectRedis } from './inspect-redis.ts';

/** What `ZRANGE ... REV` and the queue's scripts need. */
const OLDEST_REDIS: readonly [number, number] = [6, 2];

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor < OLDEST_REDIS[1]);
}

async function examineRedis({ redisUrl, redisPrefix }: Settings): Promise<Finding> {
  const name = 'redis';
  const { version, appendOnly, evictionPolicy, maxMemory } = await inspectRedis({ url: redisUrl, prefix: redisPrefix });
  const faults = [
    ...(isOld(version) ? [`it has to be ${OLDEST_REDIS.join('.')} or newer`] : []),
    ...(evictionPolicy === 'noeviction' ? [] : [`${evictionPolicy} throws queued work away: set noeviction`]),
  ];
  const warnings = appendOnly
    ? []
    : ['without an append-only file it forgets the queue when it ends: set appendonly yes'];
  const limit = maxMemory === 0 ? 'no memory limit' : `${Math.round(maxMemory / 2 ** 20)} MiB`;
  return {
    name,
    state: faults.length > 0 ? 'fail' : warnings.length > 0 ? 'warn' : 'ok',
    message: [`${version} at ${placeOf(redisUrl)}, ${limit}`, ...faults, ...warnings].join('; '),
  };
}

async function may(folder: string, mode: number): Promise<boolean> {
  return access(folder, mode).then(
    () => true,
    () => false,
  );
}

async function examineRoot(folder: string): Promise<Finding> {
  const name = 'path';
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return { name, state: 'fail', message: `${folder} does not exist` };
  if (!found.isDirectory()) return { name, state: 'fail', message: `${folder} is no folder` };
  if (!(await may(folder, constants.R_OK | constants.X_OK))) {
    return { name, state: 'fail', message: `${folder} may not be read by this user` };
  }
  const writable = await may(folder, constants.W_OK);
  const message = `${folder}: services may read${writable ? ' and write' : '; this user may not write tracks there'}`;
  return { name, state: writable ? 'ok' : 'warn', message };
}

/**
 * Looks at what services of this site need: Redis, where one is named, and the folders that they may use. A machine that
 * only runs `caption` has neither, and nothing is said. `tryOut` makes a finding of what fails.
 */
export async function runQueueDiagnostics(
  { settings, origins }: LoadedSettings,
  tryOut: (name: string, look: () => Promise<Finding>) => Promise<Finding>,
): Promise<Finding[]> {
  const findings = origins.redisUrl === 'default' ? [] : [await tryOut('redis', () => examineRedis(settings))];
  for (const folder of settings.allowPaths) findings.push(await tryOut('path', () => examineRoot(folder)));
  return findings;
}
