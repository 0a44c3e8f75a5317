import type { Command } from 'commander';

/** Flags that say how frames are read and described, by the name that commander gives their values. */
export const DESCRIPTION_FLAGS = {
  readText: '--read-text',
  model: '--model',
  baseUrl: '--base-url',
  prompt: '--prompt',
  promptFile: '--prompt-file',
  detail: '--detail',
  workers: '--workers',
} as const;

/** The first of these flags that the command line has, as [name, flag]; undefined where it has none of them. */
export function givenFlag(command: Command, flags: Readonly<Record<string, string>>): [string, string] | undefined {
  return Object.entries(flags).find(([name]) => command.getOptionValueSource(name) === 'cli');
}
