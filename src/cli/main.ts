#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { EXIT } from '../core/failures.ts';
import { VERSION } from '../core/version.ts';
import { captionCommand } from './commands/caption.ts';
import { checkCommand } from './commands/check.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { siteCommands } from './commands/queue-commands.ts';
import { reportCommand } from './commands/report.ts';
import { searchCommand } from './commands/search.ts';
import { stepsCommand } from './commands/steps.ts';
import { watchCommand } from './commands/watch.ts';
import { guardProcess, printFailure } from './run-command.ts';

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

guardProcess();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else process.exitCode = printFailure(error);
}
