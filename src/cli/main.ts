#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { captionCommand } from './caption/command.ts';
import { checkCommand } from './check.ts';
import { doctorCommand } from './doctor.ts';
import { describeFailure, EXIT, UsageError } from './exit.ts';
import { explainCommand } from './explain/command.ts';
import { exportCommand } from './export/command.ts';
import { reportCommand } from './report/command.ts';
import { searchCommand } from './search/command.ts';
import { siteCommands } from './site-commands.ts';
import { guardStdout } from './stdout.ts';
import { stepsCommand } from './steps/command.ts';
import { VERSION } from './version.ts';
import { watchCommand } from './watch/command.ts';

function fail(error: unknown): void {
  process.stderr.write(`secondglance: ${describeFailure(error, process.argv.includes('--verbose'))}\n`);
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

const program = new Command('secondglance')
  .description(
    'Video in, timestamped captions out: a glance at every keyframe, then a second look guided by the draft.',
  )
  .version(VERSION)
  .showHelpAfterError('(secondglance --help shows what there is)')
  .exitOverride();
for (const command of [
  captionCommand(),
  checkCommand(),
  stepsCommand(),
  explainCommand(),
  watchCommand(),
  searchCommand(),
  exportCommand(),
  reportCommand(),
  ...siteCommands(),
  doctorCommand(),
]) {
  program.addCommand(
    command
      .copyInheritedSettings(program)
      .showHelpAfterError(`(secondglance ${command.name()} --help shows what there is)`),
  );
}

guardStdout();
process.on('uncaughtException', (error) => {
  fail(error);
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else fail(error);
}
