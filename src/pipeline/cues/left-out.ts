import type { JsonObject } from '../../core/json-value.ts';
import type { Caption } from '../../core/types.ts';

/** Why no cue has the text of a keyframe: nothing is visible in it, or the model is less sure than `minConfidence` asks. */
export type LeftOut = 'nothing-visible' | 'low-confidence';

/** The member of a JSON document that says why tracks leave a caption out; none for a caption that they have. */
export function leftOut(
  { nothingVisible, error, confidence }: Caption,
  { minConfidence }: JsonObject,
): { readonly leftOut?: LeftOut } {
  if (error !== undefined) return {};
  if (nothingVisible === true) return { leftOut: 'nothing-visible' };
  return typeof minConfidence === 'number' && confidence < minConfidence ? { leftOut: 'low-confidence' } : {};
}
