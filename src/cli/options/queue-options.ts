import type { Command } from 'commander';
import type { SettingFlags } from '../../config/load.ts';

/** The flags of {@link siteOptions} and {@link serviceOptions} as commander hands them over. */
export type SiteFlags = Pick<
  SettingFlags,
  'redisUrl' | 'redisPrefix' | 'frameStore' | 'inFlight' | 'inFlightPerVideo' | 'allowPaths' | 'allowUrls' | 'http'
>;

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
    .option(
      '--allow-urls <list>',
      'hosts, *.hosts, beginnings of addresses that may be read, with commas between; without any: none',
    )
    .option('--frame-store <place>', 'where frames wait: redis, or folder:/PATH that all machines share')
    .option('--in-flight <n>', 'groups of frames kept at once, in all (default: 64)')
    .option('--in-flight-per-video <n>', 'groups of frames kept at once for each video (default: 8)')
    .option(
      '--http <[host:]port>',
      '/healthz, /readyz and /metrics here (default host: 127.0.0.1; without it: nowhere)',
    );
}
