#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { EXIT } from '../core/failures.ts';
import { VERSION } from '../core/version.ts';
import { boardCommand } from './commands/board.ts';
import { captionCommand } from './commands/caption.ts';
import { checkCommand } from './commands/check.ts';
import { configCommand } from './commands/config.ts';
import { cancelCommand, drainCommand, pauseCommand, resumeCommand, retryCommand } from './commands/control.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { liveCommand } from './commands/live.ts';
import { modelsCommand } from './commands/models.ts';
import { reportCommand } from './commands/report.ts';
import { searchCommand } from './commands/search.ts';
import { serveCommand } from './commands/serve.ts';
import { assembleCommand, ingestCommand, upCommand, workerCommand } from './commands/services.ts';
import { statusCommand } from './commands/status.ts';
import { stepsCommand } from './commands/steps.ts';
import { submitCommand } from './commands/submit.ts';
import { watchCommand } from './commands/watch.ts';
import { guardProcess, printFailure } from './run-command.ts';

/** Commands by the heading under which `--help` lists them. */
const COMMANDS: Readonly<Record<string, readonly Command[]>> = {
  'One machine:': [
    captionCommand(),
    serveCommand(),
    checkCommand(),
    stepsCommand(),
    explainCommand(),
    modelsCommand(),
    doctorCommand(),
  ],
  'Cameras:': [watchCommand(), liveCommand(), searchCommand(), exportCommand(), reportCommand()],
  'Several machines:': [
    ...[submitCommand(), statusCommand(), cancelCommand(), retryCommand()],
    ...[pauseCommand(), resumeCommand(), drainCommand()],
    ...[upCommand(), ingestCommand(), workerCommand(), assembleCommand(), boardCommand(), configCommand()],
  ],
};

const program = new Command('secondglance')
  .description('Writes timestamped captions of videos: a draft of every keyframe first, then a second, guided look.')
  .version(VERSION)
  .showHelpAfterError('(secondglance --help lists the commands)')
  .exitOverride();
for (const [heading, commands] of Object.entries(COMMANDS)) {
  for (const command of commands) {
    command
      .copyInheritedSettings(program)
      .helpGroup(heading)
      .showHelpAfterError(`(secondglance ${command.name()} --help lists the options)`);
    program.addCommand(command);
  }
}

// Heavy libraries are imported in the action of the command that needs them, so that --help is fast.
guardProcess();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else process.exitCode = printFailure(error);
}
