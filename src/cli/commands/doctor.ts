import { Command } from 'commander';
import { EXIT } from '../../core/failures.ts';
import type { ModelFlags } from '../../workers/model-flags.ts';
import { modelOptions, settingOptions, verboseOption } from '../options.ts';
import { runCommand } from '../run-command.ts';
import { writeJson, writeLine } from '../terminal.ts';

interface DoctorFlags extends ModelFlags {
  readonly device?: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  secondglance doctor
  secondglance doctor --device cuda    checks that the GPU really runs the model
  SECONDGLANCE_REDIS_URL=redis://:secret@queue:6379 secondglance doctor    also checks Redis and the allowed folders

Exit codes: 0 everything needed works, 1 something does not, 2 a setting is not valid.`;

/** `secondglance doctor` */
export function doctorCommand(): Command {
  const command = modelOptions(new Command('doctor').description('check the installation'));
  return verboseOption(settingOptions(command, 'device'))
    .option('--json', 'print findings as NDJSON')
    .addHelpText('after', EXAMPLES)
    .action(({ device, verbose = false, json = false, ...flags }: DoctorFlags) =>
      runCommand(async () => {
        const { loadSettings } = await import('../../config/load.ts');
        const { modelOf } = await import('../../workers/model-flags.ts');
        const loaded = await loadSettings({ flags: { device } });
        const { runDiagnostics } = await import('../../services/diagnostics/run-diagnostics.ts');
        const findings = await runDiagnostics(modelOf(flags), loaded, verbose);
        for (const finding of findings) {
          const { state, name, message } = finding;
          if (json) writeJson(finding);
          else writeLine(`${state.padEnd(4)}  ${name.padEnd(12)}  ${message}`);
        }
        return findings.some(({ state }) => state === 'fail') ? EXIT.failed : EXIT.done;
      }),
    );
}
