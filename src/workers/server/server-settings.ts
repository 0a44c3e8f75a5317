import { readFile } from 'node:fs/promises';
import { loadSettings, type SettingFlags } from '../../config/load.ts';
import type { Detail } from '../../config/settings-schema.ts';
import { UsageError } from '../../core/failures.ts';
import { checkPrompt } from './prompts.ts';

/** The settings of models outside inference processes, as flags. */
export type ServerFlags = Pick<SettingFlags, 'baseUrl' | 'prompt' | 'promptFile' | 'detail'>;

/** How a model server or a captioner program is used. */
export interface ServerSettings {
  readonly baseUrl: string | undefined;
  /** From SECONDGLANCE_API_KEY only: flags and files are read by others. */
  readonly apiKey: string | undefined;
  /** The user's own prompt. */
  readonly prompt: string | undefined;
  readonly detail: Detail;
  /** The longer side of a picture, in pixels. */
  readonly pictureSize: number;
  /** Of JPEGs, 1 to 100. */
  readonly pictureQuality: number;
  /** Requests at once. */
  readonly concurrency: number;
  /** Requests a minute. */
  readonly perMinute: number | undefined;
  readonly timeoutMs: number;
}

/** Takes the settings from flags, environment and file. Throws a UsageError. */
export async function readServerSettings(
  flags: ServerFlags,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ServerSettings> {
  const { settings, origins } = await loadSettings({ flags, env });
  const { promptFile } = settings;
  if (promptFile !== undefined && settings.prompt !== undefined) {
    throw new UsageError(`${origins.prompt} and ${origins.promptFile} are both given: use one of them`);
  }
  const prompt =
    promptFile === undefined
      ? settings.prompt
      : await readFile(promptFile, 'utf8').catch((cause: unknown) => {
          throw new UsageError(`${origins.promptFile} ${promptFile} cannot be read: check the name`, { cause });
        });
  if (prompt !== undefined) checkPrompt(prompt, promptFile === undefined ? origins.prompt : promptFile);
  return {
    baseUrl: settings.baseUrl,
    apiKey: env.SECONDGLANCE_API_KEY || undefined,
    prompt: prompt?.trim(),
    detail: settings.detail,
    pictureSize: settings.pictureSize,
    pictureQuality: settings.pictureQuality,
    concurrency: settings.serverConcurrency,
    perMinute: settings.serverRate,
    timeoutMs: settings.serverTimeout * 1000,
  };
}
