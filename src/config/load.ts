import path from 'node:path';
import { lilconfig } from 'lilconfig';
import { sentenceOf } from '../core/errors.ts';
import { UsageError } from '../core/failures.ts';
import {
  defaultOf,
  flagOf,
  isEnvironmentOnly,
  SETTING_NAMES,
  type SettingName,
  variableOf,
} from './setting-definitions.ts';
import { type Settings, settingsShape } from './settings-schema.ts';
import { defaultStateDir } from './state-folder.ts';

/** Settings from the command line, by name. */
export type SettingFlags = { readonly [Name in SettingName]?: string | undefined };

/** Where settings come from. */
export interface SettingSources {
  readonly flags: SettingFlags;
  readonly env?: NodeJS.ProcessEnv;
  /** `secondglance.config.*` is searched for here and in the folders above. */
  readonly cwd?: string;
}

/** The settings, and where each one comes from. */
export interface LoadedSettings {
  readonly settings: Settings;
  /** `--in-flight`, `SECONDGLANCE_IN_FLIGHT`, a file, or `default`. */
  readonly origins: Readonly<Record<SettingName, string>>;
}

interface Found {
  readonly raw: unknown;
  readonly origin: string;
  /** Base of relative paths. */
  readonly base: string;
}

const FILES = ['json', 'js', 'mjs', 'cjs'].map((extension) => `secondglance.config.${extension}`);

interface ConfigFile {
  readonly file: string;
  readonly values: Readonly<Record<string, unknown>>;
}

async function readFile(cwd: string): Promise<ConfigFile | undefined> {
  const search = lilconfig('secondglance', { searchPlaces: FILES, cache: false }).search(cwd);
  const found = await search.catch((cause: unknown) => {
    throw new UsageError(`secondglance.config.* in ${cwd}, or above it, cannot be read: ${sentenceOf(cause)}`, {
      cause,
    });
  });
  if (found === null || found.isEmpty === true) return undefined;
  const { filepath: file, config } = found;
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new UsageError(`${file}: it has to contain one object with settings`);
  }
  const unknown = Object.keys(config).find((name) => !SETTING_NAMES.some((known) => known === name));
  if (unknown !== undefined) {
    throw new UsageError(`${file}: there is no setting ${unknown}; there are ${SETTING_NAMES.join(', ')}`);
  }
  const own = SETTING_NAMES.find((name) => name in config && isEnvironmentOnly(name));
  if (own !== undefined) throw new UsageError(`${file}: ${own} is set in the environment only, as ${variableOf(own)}`);
  return { file, values: config as Record<string, unknown> };
}

/**
 * Takes each setting from the first source that has it: command line, environment, `secondglance.config.{json,js,mjs,cjs}`
 * in this folder or above, default. An empty variable counts as unset. Throws a UsageError that names the source of an
 * invalid value.
 */
export async function loadSettings(sources: SettingSources): Promise<LoadedSettings> {
  const read = await settingReader(sources);
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, string>> = {};
  for (const name of SETTING_NAMES) ({ value: values[name], origin: origins[name] } = read(name));
  return { settings: values as Settings, origins: origins as Record<SettingName, string> };
}

/** One setting, and where it comes from; mistakes in others do not matter. Throws a UsageError that names the source of an invalid value. */
export async function loadSetting<Name extends SettingName>(
  name: Name,
  sources: SettingSources,
): Promise<{ readonly value: Settings[Name]; readonly origin: string }> {
  const { value, origin } = (await settingReader(sources))(name);
  return { value: value as Settings[Name], origin };
}

async function settingReader({ flags, env = process.env, cwd = process.cwd() }: SettingSources) {
  const config = await readFile(cwd);
  const find = (name: SettingName): Found => {
    if (flags[name] !== undefined) return { raw: flags[name], origin: flagOf(name), base: cwd };
    const variable = env[variableOf(name)];
    if (variable !== undefined && variable !== '') return { raw: variable, origin: variableOf(name), base: cwd };
    const inFile = config?.values[name];
    if (config !== undefined && inFile !== undefined) {
      return { raw: inFile, origin: config.file, base: path.dirname(config.file) };
    }
    return { raw: name === 'stateDir' ? defaultStateDir() : defaultOf(name), origin: 'default', base: cwd };
  };
  return (name: SettingName): { readonly value: unknown; readonly origin: string } => {
    const { raw, origin, base } = find(name);
    const read = settingsShape[name].safeParse(raw);
    if (!read.success) {
      const where = origin === config?.file ? `${name} in ${origin}` : origin;
      throw new UsageError(`${where}: ${read.error.issues[0]?.message ?? 'this cannot be'}`);
    }
    const { data } = read;
    return {
      value: name === 'allowPaths' ? (data as string[]).map((folder) => path.resolve(base, folder)) : data,
      origin,
    };
  };
}
