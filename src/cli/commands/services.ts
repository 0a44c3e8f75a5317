import { Command } from 'commander';
import { parseWhole } from '../../captioning/settings.ts';
import { loadSettings } from '../../config/load.ts';
import type { Service, ServiceContext } from '../../services/service.ts';
import { type SiteFlags, serviceOptions } from '../options/queue-options.ts';
import { runCommand } from '../run-command.ts';

/** The flags of the service commands. */
export interface ServiceFlags extends SiteFlags {
  readonly concurrency?: string;
  readonly model?: string;
  readonly device?: string;
}

/** Videos that one ingest service decodes at once, for each priority. */
const INGEST_CONCURRENCY = 2;
/** Videos whose tracks one assembler writes at once: most of them wait for results. */
const ASSEMBLE_CONCURRENCY = 100;

const ENDING = `
Settings also come from the environment and from secondglance.config.json (secondglance config shows them all).
Logs are JSON lines on stderr (SECONDGLANCE_LOG_LEVEL). SIGTERM ends it in order.
Exit codes: 0 ended in order, 1 it cannot run, 2 wrong usage.`;

/** How many at once, as `--concurrency` says. */
function countOf(flags: ServiceFlags, byDefault: number): number {
  return flags.concurrency === undefined ? byDefault : parseWhole(flags.concurrency, '--concurrency', 1, 1000);
}

async function ingest(context: ServiceContext, flags: ServiceFlags): Promise<Service> {
  const { ingestService } = await import('../../services/ingest.ts');
  return ingestService(context, countOf(flags, INGEST_CONCURRENCY));
}

async function assemble(context: ServiceContext, flags: ServiceFlags): Promise<Service> {
  const { assembleService } = await import('../../services/assemble.ts');
  return assembleService(context, countOf(flags, ASSEMBLE_CONCURRENCY));
}

async function worker(context: ServiceContext, flags: ServiceFlags): Promise<Service> {
  const { DEFAULT_BUNDLE, loadBundle } = await import('../../workers/bundle/bundle.ts');
  const { workerService } = await import('../../services/worker.ts');
  const { device, workerConcurrency } = context.settings;
  const bundle = await loadBundle(flags.model ?? DEFAULT_BUNDLE, { provider: device === 'auto' ? 'cpu' : device });
  return workerService(context, bundle, flags.concurrency === undefined ? workerConcurrency : countOf(flags, 1));
}

type Make = (context: ServiceContext, flags: ServiceFlags) => Promise<Service>;

function serviceCommand(name: string, description: string, makers: readonly Make[], examples: string): Command {
  return serviceOptions(new Command(name).description(description))
    .option('--verbose', 'say what was tried where it cannot begin')
    .addHelpText('after', `\nExamples:\n${examples}\n${ENDING}`)
    .action((flags: ServiceFlags) =>
      runCommand(async ({ interruptible }) => {
        const { runServices } = await import('../../services/start.ts');
        const { settings } = await loadSettings({ flags });
        const make = (context: ServiceContext) => Promise.all(makers.map((maker) => maker(context, flags)));
        return runServices(name, settings, make, interruptible());
      }),
    );
}

function modelOptions(command: Command): Command {
  return command
    .option('--model <name|path>', 'the bundle that it captions with; jobs for another one are refused')
    .option('--device <name>', 'auto, cpu, cuda, webgpu (default: auto)');
}

/** `secondglance ingest` */
export function ingestCommand(): Command {
  return serviceCommand(
    'ingest',
    'service: decode submitted videos and queue their keyframes',
    [ingest],
    '  SECONDGLANCE_ALLOW_PATHS=/films secondglance ingest',
  ).option('--concurrency <n>', `videos at once, for each priority (default: ${INGEST_CONCURRENCY})`);
}

/** `secondglance worker` */
export function workerCommand(): Command {
  return modelOptions(
    serviceCommand(
      'worker',
      'service: caption queued keyframes',
      [worker],
      '  secondglance worker --concurrency 4\n  SECONDGLANCE_REDIS_URL=redis://:secret@queue:6379 secondglance worker',
    ),
  ).option('--concurrency <n>', 'inference processes (default: as many as pay off)');
}

/** `secondglance assemble` */
export function assembleCommand(): Command {
  return serviceCommand(
    'assemble',
    'service: write tracks from captions as they come',
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
      'all three services in one process, for a small site',
      [plain(ingest), worker, plain(assemble)],
      '  redis-server --appendonly yes & secondglance up --allow-paths /films\n  secondglance submit /films/*.mp4 --wait',
    ),
  ).option('--concurrency <n>', 'inference processes (default: as many as pay off)');
}
