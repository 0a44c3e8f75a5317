import type { SearchRules } from '../decoding/beam-search.ts';
import type { Generation } from './hub-folder.ts';

/** Where a family's defaults differ from `generate()`'s. */
export interface SearchDefaults {
  readonly ends: readonly number[];
  /** Limit of new tokens where the model names none. */
  readonly maxTokens: number;
  /** The decoder's prompt. */
  readonly before: readonly number[];
  readonly forced?: number;
}

/** Token ids of a field that is one number or several. */
export function idsOf(field: unknown): number[] {
  const all: readonly unknown[] = Array.isArray(field) ? field : [field];
  return all.filter((id) => typeof id === 'number');
}

/** The search as `generate()` does it with this `generation_config.json`: no ban beyond what the file asks for. */
export function searchRules(
  generation: Generation,
  { ends, maxTokens, before, forced = 0 }: SearchDefaults,
): SearchRules {
  const [forcedEnd] = idsOf(generation.forced_eos_token_id);
  return {
    beams: generation.num_beams ?? 1,
    maxTokens,
    noRepeatNgram: generation.no_repeat_ngram_size ?? 0,
    noRepeatToken: false,
    lengthPenalty: generation.length_penalty ?? 1,
    ends,
    banned: [],
    mayBeEmpty: true,
    before,
    forced,
    ...(forcedEnd === undefined ? {} : { forcedEnd }),
    repetitionPenalty: generation.repetition_penalty ?? 1,
  };
}
