import { Command } from 'commander';
import { loadSettings } from '../../config/load.ts';
import { EXIT } from '../../core/failures.ts';
import { DEFAULT_BUNDLE } from '../../workers/bundle/bundle.ts';
import { runCommand } from '../run-command.ts';

interface DoctorFlags {
  readonly model: string;
  readonly device?: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  secondglance doctor
  secondglance doctor --device cuda    proves that the GPU really runs the model
  SECONDGLANCE_REDIS_URL=redis://:secret@queue:6379 secondglance doctor    looks at Redis and the allowed folders too

Exit codes: 0 all that is needed works, 1 something does not, 2 a setting cannot be.`;

/** `secondglance doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say what is installed and really works')
    .option('--model <name|path>', 'the bundle to try', DEFAULT_BUNDLE)
    .option('--device <name>', 'what is to run it: auto, cpu, cuda, webgpu (default: auto)')
    .option('--verbose', 'say what was tried when something fails')
    .option('--json', 'findings as NDJSON on stdout')
    .addHelpText('after', EXAMPLES)
    .action(({ model, device, verbose = false, json = false }: DoctorFlags) =>
      runCommand(async () => {
        const loaded = await loadSettings({ flags: { device } });
        // Loaded when asked for: it brings in the model's runtime, which `caption` leaves to its inference processes.
        const { runDiagnostics } = await import('../../services/diagnostics.ts');
        const findings = await runDiagnostics(model, loaded, verbose);
        for (const finding of findings) {
          const { state, name, message } = finding;
          process.stdout.write(
            json ? `${JSON.stringify(finding)}\n` : `${state.padEnd(4)}  ${name.padEnd(12)}  ${message}\n`,
          );
        }
        return findings.some(({ state }) => state === 'fail') ? EXIT.failed : EXIT.done;
      }),
    );
}
