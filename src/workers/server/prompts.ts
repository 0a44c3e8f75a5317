import type { Detail } from '../../config/settings-schema.ts';
import { UsageError } from '../../core/failures.ts';
import type { PromptFacts } from './prompt-facts.ts';

/** The prompts of the first pass. */
export const PROMPTS: Readonly<Record<Detail, string>> = {
  brief:
    'Describe what this picture shows in one short sentence of at most 16 words. Say only what you can see. Do not begin with "The picture shows". Answer with the sentence only.',
  detailed:
    'Describe what this picture shows in two to four sentences: the people and things, what they do, where it is, and any text that can be read. Say only what you can see. Answer with the description only.',
};

/** The prompt of the second pass. */
export const CORRECTION =
  'Somebody described this picture as: "{draft}". The first image is the whole picture; those after it are enlarged parts of it. Look again: correct what is wrong, keep what is right, and name what the description leaves vague. Keep its length and style. Answer with the corrected description only.';

/** What a request about an event says of its pictures, before the prompt. */
export function eventFrames(frames: number, times: string): string {
  return `The ${frames} pictures are frames of one video, in order, taken at ${times}.`;
}

/** The prompts for an event. */
export const EVENT_PROMPTS: Readonly<Record<Detail, string>> = {
  brief:
    'Describe in one short sentence of at most 16 words what happens from the first to the last. Name only what at least two of them show. Answer with the sentence only.',
  detailed:
    'Describe in two to four sentences what happens from the first to the last. Name only what at least two of them show. Answer with the description only.',
};

/** How long an answer may be, in tokens. */
export const MAX_TOKENS: Readonly<Record<Detail, number>> = { brief: 80, detailed: 300 };

const VARIABLES: readonly (keyof PromptFacts)[] = ['camera', 'video', 'time', 'previous', 'draft'];

/** Throws a UsageError where a prompt has an unknown variable, naming `option`. */
export function checkPrompt(prompt: string, option: string): void {
  if (prompt.trim() === '') throw new UsageError(`${option}: the prompt is empty`);
  for (const [, name = ''] of prompt.matchAll(/\{(\w+)\}/gu)) {
    if (name !== 'draft' && VARIABLES.some((known) => known === name)) continue;
    const known = VARIABLES.filter((variable) => variable !== 'draft').map((variable) => `{${variable}}`);
    throw new UsageError(`${option}: there is no variable {${name}}; there are ${known.join(', ')}`);
  }
}

/** Fills in the variables. */
export function fillPrompt(prompt: string, facts: PromptFacts): string {
  return prompt.replace(/\{(\w+)\}/gu, (whole, name: string) => {
    const known = VARIABLES.find((variable) => variable === name);
    return known === undefined ? whole : facts[known];
  });
}
