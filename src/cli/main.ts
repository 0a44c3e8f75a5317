#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { captionCommand } from './caption/command.ts';
import { doctorCommand } from './doctor.ts';
import { describeFailure, EXIT, UsageError } from './exit.ts';
import { VERSION } from './version.ts';

const program = new Command('secondglance')
  .description(
    'Video in, timestamped captions out: a glance at every keyframe, then a second look guided by the draft.',
  )
  .version(VERSION)
  .showHelpAfterError('(secondglance --help shows what there is)')
  .exitOverride()
  .addCommand(captionCommand())
  .addCommand(doctorCommand());

// A reader that went away (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else {
    process.stderr.write(`secondglance: ${describeFailure(error, process.argv.includes('--verbose'))}\n`);
    process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}
