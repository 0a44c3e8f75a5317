import { Command } from 'commander';
import { SETTING_NAMES, type SettingName, variableOf } from '../../config/setting-definitions.ts';
import { hideSecrets } from '../../core/text/secrets.ts';
import { type ServiceSettingFlags, serviceOptions } from '../options.ts';
import { runCommand } from '../run-command.ts';
import { writeJson, writeLines } from '../terminal.ts';

const EXAMPLES = `
Examples:
  secondglance config                                    all settings, and where each one comes from
  secondglance config --json | jq .settings.allowPaths   the same for programs

Each setting is taken from the first source that has it: the command line, the environment (SECONDGLANCE_REDIS_URL,
SECONDGLANCE_ALLOW_PATHS and so on), secondglance.config.json (.js, .mjs, .cjs) in this folder or above it, the default.
Passwords are not printed. Exit codes: 0, 2 where a setting is not valid.`;

/** A setting without its passwords. */
function redact(name: SettingName, value: unknown): unknown {
  if ((name === 'boardPassword' || name === 'servePassword') && value !== undefined) return '***';
  return typeof value === 'string' ? hideSecrets(value) : value;
}

function inWords(name: SettingName, value: unknown): string {
  if (name === 'http') return value === undefined ? 'off' : Object.values(value as object).join(':');
  if (Array.isArray(value)) return value.join(name === 'allowPaths' ? ':' : ',') || 'none';
  return value === undefined ? 'not set' : String(value);
}

/** `secondglance config` */
export function configCommand(): Command {
  return serviceOptions(new Command('config').description('print the settings of services and where each comes from'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(({ json = false, ...flags }: ServiceSettingFlags & { json?: boolean }) =>
      runCommand(async () => {
        const { loadSettings } = await import('../../config/load.ts');
        const { settings, origins } = await loadSettings({ flags });
        const values = Object.fromEntries(SETTING_NAMES.map((name) => [name, redact(name, settings[name])]));
        const lines = SETTING_NAMES.map((name) => {
          const value = inWords(name, values[name]);
          const origin = origins[name] === 'default' ? `default (${variableOf(name)})` : origins[name];
          return `${name.padEnd(17)}  ${value.padEnd(36)}  ${origin}`;
        });
        if (json) writeJson({ settings: values, origins });
        else writeLines(lines);
      }),
    );
}
