import { Command } from 'commander';
import { ASSEMBLE_CONCURRENCY, INGEST_CONCURRENCY } from '../../services/concurrency.ts';
import type { ServiceName, ServiceOptions } from '../../services/start.ts';
import type { ModelFlags } from '../../workers/model-flags.ts';
import {
  modelOptions,
  readTextOption,
  type ServiceSettingFlags,
  serviceOptions,
  settingOptions,
  verboseOption,
} from '../options.ts';
import { runCommand } from '../run-command.ts';

/** The flags of the service commands as commander passes them. */
export interface ServiceFlags extends ServiceSettingFlags, ModelFlags {
  readonly concurrency?: string;
  readonly device?: string;
}

const ENDING = `
Settings also come from the environment and from secondglance.config.json; secondglance config prints them all.
Logs are JSON lines on stderr (SECONDGLANCE_LOG_LEVEL). SIGTERM stops it cleanly.
Exit codes: 0 stopped by a signal, 1 cannot run, 2 wrong usage.`;

async function optionsOf({ concurrency, ...flags }: ServiceFlags): Promise<ServiceOptions> {
  const { parseWhole } = await import('../../config/flag-values.ts');
  const { modelOf } = await import('../../workers/model-flags.ts');
  const model = modelOf(flags);
  return {
    ...(concurrency === undefined ? {} : { concurrency: parseWhole(concurrency, '--concurrency', 1, 1000) }),
    ...(model === undefined ? {} : { model }),
  };
}

function serviceCommand(name: ServiceName, description: string, examples: string): Command {
  return verboseOption(serviceOptions(new Command(name).description(description)))
    .addHelpText('after', `\nExamples:\n${examples}\n${ENDING}`)
    .action((flags: ServiceFlags) =>
      runCommand(async ({ interruptible }) => {
        const { loadSettings } = await import('../../config/load.ts');
        const { settings } = await loadSettings({ flags });
        const { runServices } = await import('../../services/start.ts');
        return runServices(name, settings, await optionsOf(flags), interruptible());
      }),
    );
}

function workerOptions(command: Command): Command {
  return settingOptions(readTextOption(modelOptions(command)), 'device');
}

/** `secondglance ingest` */
export function ingestCommand(): Command {
  return serviceCommand(
    'ingest',
    'run a service that decodes submitted videos and queues their keyframes',
    '  SECONDGLANCE_ALLOW_PATHS=/films secondglance ingest',
  ).option('--concurrency <n>', `videos at once, per priority (default: ${INGEST_CONCURRENCY})`);
}

/** `secondglance worker` */
export function workerCommand(): Command {
  return workerOptions(
    serviceCommand(
      'worker',
      'run a service that captions queued keyframes',
      '  secondglance worker --concurrency 4\n  SECONDGLANCE_REDIS_URL=redis://:secret@queue:6379 secondglance worker',
    ),
  ).option('--concurrency <n>', 'inference processes (default: by the number of cores)');
}

/** `secondglance assemble` */
export function assembleCommand(): Command {
  return serviceCommand(
    'assemble',
    'run a service that writes tracks from finished captions',
    '  SECONDGLANCE_ALLOW_PATHS=/films secondglance assemble',
  ).option('--concurrency <n>', `videos at once (default: ${ASSEMBLE_CONCURRENCY})`);
}

/** `secondglance up` */
export function upCommand(): Command {
  return workerOptions(
    serviceCommand(
      'up',
      'run all three services in one process',
      '  redis-server --appendonly yes & secondglance up --allow-paths /films\n  secondglance submit /films/*.mp4 --wait',
    ),
  ).option('--concurrency <n>', 'inference processes (default: by the number of cores)');
}
