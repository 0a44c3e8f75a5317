import { Command } from 'commander';
import { DEFAULT_BUNDLE } from '../workers/bundle.ts';
import { EXIT } from './exit.ts';

/** `secondglance doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say what is installed and really works')
    .option('--model <name|path>', 'the bundle to try', DEFAULT_BUNDLE)
    .option('--verbose', 'say what was tried when something fails')
    .option('--json', 'findings as NDJSON on stdout')
    .addHelpText('after', '\nExit codes: 0 all that is needed works, 1 something does not.')
    .action(async ({ model, verbose = false, json = false }: { model: string; verbose?: boolean; json?: boolean }) => {
      // Loaded when asked for: it brings in the model's runtime, which `caption` leaves to its inference processes.
      const { examine } = await import('./examine.ts');
      const findings = await examine(model, verbose);
      for (const finding of findings) {
        const { state, name, message } = finding;
        process.stdout.write(
          json ? `${JSON.stringify(finding)}\n` : `${state.padEnd(4)}  ${name.padEnd(12)}  ${message}\n`,
        );
      }
      process.exitCode = findings.some(({ state }) => state === 'fail') ? EXIT.failed : EXIT.done;
    });
}
