import { EveryCandidate } from './every-candidate.ts';
import type { SelectorType } from './keyframe-selector.ts';

/** `keyframes`: the key frames of the stream, as the encoder placed them. */
export const keyframesSelector: SelectorType = {
  candidates: { pick: 'keys' },
  create: (image) => new EveryCandidate(image),
};
