import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { LoadedSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings-schema.ts';
import { placeOf } from '../../queue/redis/connection.ts';
import { check, type Finding } from './finding.ts';
import { inspectRedis } from './inspect-redis.ts';

/** The queue uses `ZRANGE ... REV`. */
const MIN_REDIS: readonly [number, number] = [6, 2];

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < MIN_REDIS[0] || (major === MIN_REDIS[0] && minor < MIN_REDIS[1]);
}

async function checkRedis({ redisUrl, redisPrefix }: Settings): Promise<Finding> {
  const name = 'redis';
  const { version, appendOnly, evictionPolicy, maxMemory } = await inspectRedis({ url: redisUrl, prefix: redisPrefix });
  const faults = [
    ...(isOld(version) ? [`it has to be ${MIN_REDIS.join('.')} or newer`] : []),
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

async function isPermitted(folder: string, mode: number): Promise<boolean> {
  return access(folder, mode).then(
    () => true,
    () => false,
  );
}

async function checkFolder(folder: string): Promise<Finding> {
  const name = 'path';
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return { name, state: 'fail', message: `${folder} does not exist` };
  if (!found.isDirectory()) return { name, state: 'fail', message: `${folder} is no folder` };
  if (!(await isPermitted(folder, constants.R_OK | constants.X_OK))) {
    return { name, state: 'fail', message: `${folder} may not be read by this user` };
  }
  const writable = await isPermitted(folder, constants.W_OK);
  const message = `${folder}: services may read${writable ? ' and write' : '; this user may not write tracks there'}`;
  return { name, state: writable ? 'ok' : 'warn', message };
}

/**
 * Checks what services need: Redis, where one is configured, and the folders that they may use. On a machine that runs `caption` only there
 * is nothing to check.
 */
export async function runQueueChecks({ settings, origins }: LoadedSettings, verbose: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (origins.redisUrl !== 'default') findings.push(await check('redis', verbose, () => checkRedis(settings)));
  for (const folder of settings.allowPaths) findings.push(await check('path', verbose, () => checkFolder(folder)));
  return findings;
}
