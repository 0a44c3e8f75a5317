import type { Micros } from '../../core/types.ts';
import { EveryCandidate } from './every-candidate.ts';
import type { SelectorType } from './keyframe-selector.ts';

/** `every:N`: one frame every `interval`, whatever it shows. */
export function intervalSelector(interval: Micros): SelectorType {
  return {
    candidates: { pick: 'interval', interval },
    create: (image) => new EveryCandidate(image),
  };
}
