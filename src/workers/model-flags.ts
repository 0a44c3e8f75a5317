import type { ModelChoice } from './load-model.ts';
import type { ServerFlags } from './server/server-settings.ts';

/** The flags that say which model captions. */
export interface ModelFlags extends ServerFlags {
  readonly model?: string;
  readonly readText?: boolean;
}

/** True for a model that runs in inference processes: all but those of a server or a program. */
export function runsHere(model: string | undefined): boolean {
  return model === undefined || !/^(?:openai|exec):/.test(model);
}

/** True for a model whose language is English; those of a server or a program follow their prompt. */
export function writesEnglish(model: string | undefined): boolean {
  return runsHere(model);
}

/** The model that the flags ask for; undefined for the default. */
export function modelOf({
  model,
  readText = false,
  baseUrl,
  prompt,
  promptFile,
  detail,
}: ModelFlags): ModelChoice | undefined {
  const flags = { baseUrl, prompt, promptFile, detail };
  if (!readText && Object.values(flags).every((flag) => flag === undefined)) return model;
  return { name: model, flags, readText };
}
