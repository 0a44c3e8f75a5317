import { Command } from 'commander';
import type { Service, ServiceContext } from '../../services/service.ts';
import { modelOption, type ServiceSettingFlags, serviceOptions, settingOptions, verboseOption } from '../options.ts';
import { runCommand } from '../run-command.ts';

/** The flags of the service commands as commander passes them. */
export interface ServiceFlags extends ServiceSettingFlags {
  readonly concurrency?: string;
  readonly model?: string;
  readonly device?: string;
}

/** Videos that an ingest service decodes at once, per priority. */
const INGEST_CONCURRENCY = 2;
/** Videos whose tracks an assembler writes at once: most of them wait for results. */
const ASSEMBLE_CONCURRENCY = 100;

const ENDING = `
Settings also come from the environment and from secondglance.config.json; secondglance config prints them all.
Logs are JSON lines on stderr (SECONDGLANCE_LOG_LEVEL). SIGTERM stops it cleanly.
Exit codes: 0 stopped by a signal, 1 cannot run, 2 wrong usage.`;

/** Reads `--concurrency`. */
async function concurrencyOf(flags: ServiceFlags, byDefault: number): Promise<number> {
  const { parseWhole } = await import('../../captioning/settings.ts');
  return flags.concurrency === undefined ? byDefault : parseWhole(flags.concurrency, '--concurrency', 1, 1000);
}

async function ingest(context: ServiceContext, flags: ServiceFlags): Promise<Service> {
  const { ingestService } = await import('../../services/ingest.ts');
  return ingestService(context, await concurrencyOf(flags, INGEST_CONCURRENCY));
}

async function assemble(context: ServiceContext, flags: ServiceFlags): Promise<Service> {
  const { assembleService } = await import('../../services/assemble.ts');
  return assembleService(context, await concurrencyOf(flags, ASSEMBLE_CONCURRENCY));
}

async function worker(context: ServiceContext, flags: ServiceFlags): Promise<Service> {
  const { DEFAULT_BUNDLE, loadBundle } = await import('../../workers/bundle/bundle.ts');
  const { workerService } = await import('../../services/worker.ts');
  const { device, workerConcurrency } = context.settings;
  const bundle = await loadBundle(flags.model ?? DEFAULT_BUNDLE, { provider: device === 'auto' ? 'cpu' : device });
  return workerService(
    context,
    bundle,
    flags.concurrency === undefined ? workerConcurrency : await concurrencyOf(flags, 1),
  );
}

type Make = (context: ServiceContext, flags: ServiceFlags) => Promise<Service>;

function serviceCommand(name: string, description: string, makers: readonly Make[], examples: string): Command {
  return verboseOption(serviceOptions(new Command(name).description(description)))
    .addHelpText('after', `\nExamples:\n${examples}\n${ENDING}`)
    .action((flags: ServiceFlags) =>
      runCommand(async ({ interruptible }) => {
        const { loadSettings } = await import('../../config/load.ts');
        const { settings } = await loadSettings({ flags });
        const { runServices } = await import('../../services/start.ts');
        const make = (context: ServiceContext) => Promise.all(makers.map((maker) => maker(context, flags)));
        return runServices(name, settings, make, interruptible());
      }),
    );
}

function modelOptions(command: Command): Command {
  return settingOptions(modelOption(command), 'device');
}

/** `secondglance ingest` */
export function ingestCommand(): Command {
  return serviceCommand(
    'ingest',
    'run a service that decodes submitted videos and queues their keyframes',
    [ingest],
    '  SECONDGLANCE_ALLOW_PATHS=/films secondglance ingest',
  ).option('--concurrency <n>', `videos at once, per priority (default: ${INGEST_CONCURRENCY})`);
}

/** `secondglance worker` */
export function workerCommand(): Command {
  return modelOptions(
    serviceCommand(
      'worker',
      'run a service that captions queued keyframes',
      [worker],
      '  secondglance worker --concurrency 4\n  SECONDGLANCE_REDIS_URL=redis://:secret@queue:6379 secondglance worker',
    ),
  ).option('--concurrency <n>', 'inference processes (default: by the number of cores)');
}

/** `secondglance assemble` */
export function assembleCommand(): Command {
  return serviceCommand(
    'assemble',
    'run a service that writes tracks from finished captions',
    [assemble],
    '  SECONDGLANCE_ALLOW_PATHS=/films secondglance assemble',
  ).option('--concurrency <n>', `videos at once (default: ${ASSEMBLE_CONCURRENCY})`);
}

/** `secondglance up` */
export function upCommand(): Command {
  const plain =
    (make: Make): Make =>
    (context, flags) => {
      const { concurrency: _, ...rest } = flags;
      return make(context, rest);
    };
  return modelOptions(
    serviceCommand(
      'up',
      'run all three services in one process',
      [plain(ingest), worker, plain(assemble)],
      '  redis-server --appendonly yes & secondglance up --allow-paths /films\n  secondglance submit /films/*.mp4 --wait',
    ),
  ).option('--concurrency <n>', 'inference processes (default: by the number of cores)');
}
