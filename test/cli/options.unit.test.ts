import { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { captionCommand } from '../../src/cli/commands/caption.ts';
import { configCommand } from '../../src/cli/commands/config.ts';
import { captionOptions, modelOption, serviceOptions } from '../../src/cli/options.ts';
import { SETTING_DEFINITIONS } from '../../src/config/setting-definitions.ts';
import { settingsShape } from '../../src/config/settings-schema.ts';
import { FORMAT_NAMES } from '../../src/pipeline/formats/formats.ts';

/** The description of a flag. */
function descriptionOf(command: Command, flag: string): string | undefined {
  return command.options.find(({ long }) => long === flag)?.description;
}

test('the help of --format lists every format, that of --frames every selector', () => {
  const command = captionOptions(new Command());
  for (const name of FORMAT_NAMES) expect(descriptionOf(command, '--format')).toMatch(new RegExp(`\\b${name}\\b`));
  for (const name of ['auto', 'keyframes', 'scene', 'motion', 'every:']) {
    expect(descriptionOf(command, '--frames')).toContain(name);
  }
  expect(descriptionOf(captionCommand(), '--passes')).toContain('passes');
});

test('--looks, the former name of --passes, is read and not shown', () => {
  const command = captionOptions(new Command()).exitOverride();
  command.parse(['--looks', '1'], { from: 'user' });
  expect(command.opts()).toMatchObject({ passes: '1' });
  expect(command.getOptionValueSource('passes')).toBe('cli');
  expect(command.helpInformation()).not.toContain('--looks');
});

test('settings: every definition has a schema; flags and defaults in help come from the definition', () => {
  expect(Object.keys(settingsShape)).toEqual(Object.keys(SETTING_DEFINITIONS));
  const command = serviceOptions(new Command());
  expect(descriptionOf(command, '--in-flight')).toMatch(/\(default: 64\)$/);
  expect(descriptionOf(command, '--allow-paths')).toMatch(/\(default: none\)$/);
  expect(descriptionOf(configCommand(), '--redis-url')).toMatch(/\(default: redis:\/\/127\.0\.0\.1:6379\)$/);
});

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  ['flickr-small', ['secondglance: flickr-small was replaced by everyday-small, which is used instead\n']],
  ['everyday-small', []],
])('--model %s: says which bundle took its place, if one did', (name, expected) => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const command = modelOption(new Command()).parse(['--model', name], { from: 'user' });
  expect(command.opts()).toEqual({ model: name });
  expect(stderr.mock.calls.map(([text]) => text)).toEqual(expected);
});
