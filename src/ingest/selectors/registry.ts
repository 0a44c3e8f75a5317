import type { Micros } from '../../core/types.ts';
import { IngestError } from '../errors.ts';
import { autoSelector } from './auto.ts';
import { intervalSelector } from './interval.ts';
import type { SelectorType } from './keyframe-selector.ts';
import { keyframesSelector } from './keyframes.ts';
import { motionSelector } from './motion.ts';
import { sceneSelector } from './scene.ts';

/** A selector and its settings, as data: for job payloads, journals and JSON documents. */
export type FrameChoice =
  | { readonly mode: 'auto' | 'keyframes' | 'scene' }
  | {
      readonly mode: 'motion' | 'every';
      /** `every`: time between two frames. `motion`: least time between two frames while something moves. */
      readonly interval: Micros;
    };

/** How `--frames` takes a selector. */
interface RegisteredSelector {
  /** As the help shows it. */
  readonly usage: string;
  readonly interval: 'none' | 'required' | { readonly default: Micros };
  create(interval: Micros): SelectorType;
}

const SELECTORS: Readonly<Record<FrameChoice['mode'], RegisteredSelector>> = {
  auto: { usage: 'auto', interval: 'none', create: () => autoSelector },
  keyframes: { usage: 'keyframes', interval: 'none', create: () => keyframesSelector },
  scene: { usage: 'scene', interval: 'none', create: () => sceneSelector },
  motion: { usage: 'motion', interval: { default: 2_000_000 }, create: motionSelector },
  every: { usage: 'every:TIME (such as every:2s)', interval: 'required', create: intervalSelector },
};

/** What `--frames` accepts, for help and errors. */
export const FRAMES_USAGE: string = Object.values(SELECTORS)
  .map(({ usage }) => usage)
  .join(', ');

const UNITS: Readonly<Record<string, number>> = { ms: 1000, s: 1_000_000, m: 60_000_000 };

function isMode(text: string): text is FrameChoice['mode'] {
  return Object.hasOwn(SELECTORS, text);
}

/** Times such as `500ms`, `2s`, `1.5m`; undefined for anything else, and for less than a millisecond. */
function parseInterval(text: string): Micros | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const interval = Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN));
  return interval >= 1000 ? interval : undefined;
}

/** Reads what `--frames` accepts: the name of a selector, and for some an interval, as in `motion:10s`. Throws `invalid-choice`. */
export function parseChoice(text: string): FrameChoice {
  const [mode = '', ...rest] = text.split(':');
  if (isMode(mode)) {
    const { interval } = SELECTORS[mode];
    if (interval === 'none') {
      if (rest.length === 0) return { mode: mode as 'auto' };
    } else {
      const given = rest.length === 0 && interval !== 'required' ? interval.default : parseInterval(rest.join(':'));
      if (given !== undefined) return { mode: mode as 'every', interval: given };
    }
  }
  throw new IngestError('invalid-choice', `"${text}" is not a keyframe selector: use ${FRAMES_USAGE}.`);
}

/** The type of selector that a choice names. */
export function selectorType(choice: FrameChoice): SelectorType {
  return SELECTORS[choice.mode].create('interval' in choice ? choice.interval : 0);
}
