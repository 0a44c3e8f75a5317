import type { Command } from 'commander';
import { boardCommand } from './board.ts';
import { configCommand } from './config.ts';
import { cancelCommand, drainCommand, pauseCommand, resumeCommand, retryCommand } from './control.ts';
import { assembleCommand, ingestCommand, upCommand, workerCommand } from './services.ts';
import { statusCommand } from './status.ts';
import { submitCommand } from './submit.ts';

/** The commands of many machines: those that ask, those that steer, those that serve. */
export function siteCommands(): Command[] {
  const asking = [submitCommand(), statusCommand(), cancelCommand(), retryCommand()];
  const steering = [pauseCommand(), resumeCommand(), drainCommand()];
  return [
    ...asking,
    ...steering,
    upCommand(),
    ingestCommand(),
    workerCommand(),
    assembleCommand(),
    boardCommand(),
    configCommand(),
  ];
}
