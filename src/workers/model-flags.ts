import type { ModelChoice } from './load-model.ts';
import type { ServerFlags } from './server/server-settings.ts';

/** The flags that say which model captions. */
export interface ModelFlags extends ServerFlags {
  readonly model?: string;
}

/** The model that the flags ask for; undefined for the default. */
export function modelOf({ model, baseUrl, prompt, promptFile, detail }: ModelFlags): ModelChoice | undefined {
  const flags = { baseUrl, prompt, promptFile, detail };
  return Object.values(flags).every((flag) => flag === undefined) ? model : { name: model, flags };
}
