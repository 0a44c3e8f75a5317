import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { FramePlace } from '../../queue/site.ts';
import { parseWhole } from '../caption/settings.ts';
import { UsageError } from '../exit.ts';

/** What services and their commands need to know of the site. */
export interface SiteSettings {
  readonly redisUrl: string;
  readonly redisPrefix: string;
  readonly frameStore: FramePlace;
  readonly inFlightPerVideo: number;
  readonly inFlight: number;
  /** Real absolute paths of the roots that services may read and write; empty: none. */
  readonly allowPaths: readonly string[];
  /** Addresses that services may read: what they begin with; empty: none. */
  readonly allowUrls: readonly string[];
}

/** The flags of {@link siteOptions} as commander hands them over. */
export interface SiteFlags {
  readonly redisUrl?: string;
  readonly redisPrefix?: string;
  readonly frameStore?: string;
  readonly inFlight?: string;
  readonly inFlightPerVideo?: string;
  readonly allowPaths?: string;
  readonly allowUrls?: string;
}

/** Adds the options by which a command finds its site. */
export function siteOptions(command: Command): Command {
  return command
    .option('--redis-url <url>', 'where Redis is; SECONDGLANCE_REDIS_URL keeps a password out of sight')
    .option('--redis-prefix <name>', 'what all keys in Redis begin with (default: secondglance)');
}

/** Adds what services need besides. */
export function serviceOptions(command: Command): Command {
  return siteOptions(command)
    .option('--allow-paths <paths>', 'folders that may be read and written, with colons between; without any: none')
    .option('--allow-urls <urls>', 'beginnings of addresses that may be read, with commas between; without any: none')
    .option('--frame-store <place>', 'where frames wait: redis, or folder:/PATH that all machines share')
    .option('--in-flight <n>', 'groups of frames kept at once, in all (default: 64)')
    .option('--in-flight-per-video <n>', 'groups of frames kept at once for each video (default: 8)');
}

function framePlace(text: string): FramePlace {
  if (text === 'redis') return 'redis';
  const folder = /^folder:(.+)$/.exec(text)?.[1];
  if (folder === undefined || !path.isAbsolute(folder)) {
    throw new UsageError(`the frame store ${text}: write redis, or folder: and an absolute path`);
  }
  return `folder:${folder}`;
}

function rootOf(folder: string): string {
  try {
    return realpathSync(path.resolve(folder));
  } catch (cause) {
    throw new UsageError(`the allowed path ${folder} does not exist`, { cause });
  }
}

/** Flags, then the environment (`SECONDGLANCE_REDIS_URL` and so on), then defaults. Throws a UsageError. */
export function siteSettings(flags: SiteFlags, env: NodeJS.ProcessEnv = process.env): SiteSettings {
  const of = (flag: string | undefined, name: string): string | undefined =>
    flag ?? (env[`SECONDGLANCE_${name}`] || undefined);
  const list = (text: string | undefined, separator: RegExp): string[] =>
    (text ?? '').split(separator).filter((part) => part !== '');
  return {
    redisUrl: of(flags.redisUrl, 'REDIS_URL') ?? 'redis://127.0.0.1:6379',
    redisPrefix: of(flags.redisPrefix, 'REDIS_PREFIX') ?? 'secondglance',
    frameStore: framePlace(of(flags.frameStore, 'FRAME_STORE') ?? 'redis'),
    inFlight: parseWhole(of(flags.inFlight, 'IN_FLIGHT') ?? '64', '--in-flight', 1, 100_000),
    inFlightPerVideo: parseWhole(
      of(flags.inFlightPerVideo, 'IN_FLIGHT_PER_VIDEO') ?? '8',
      '--in-flight-per-video',
      1,
      10_000,
    ),
    allowPaths: list(of(flags.allowPaths, 'ALLOW_PATHS'), /:/).map(rootOf),
    allowUrls: list(of(flags.allowUrls, 'ALLOW_URLS'), /,/),
  };
}
