import type { Micros } from '../../core/types.ts';
import { IngestError } from '../errors.ts';

/** Which frames are looked at. */
export type FrameChoice =
  | { readonly mode: 'auto' | 'keyframes' | 'scene' }
  | {
      readonly mode: 'motion';
      /** Least time between two looks while something moves. */
      readonly interval: Micros;
    }
  | {
      readonly mode: 'every';
      /** Time between two looks. */
      readonly interval: Micros;
    };

const UNITS: Readonly<Record<string, number>> = { ms: 1000, s: 1_000_000, m: 60_000_000 };

/** While something moves, `motion` looks this often. */
const MOVING: Micros = 2_000_000;

/**
 * Reads what `--frames` takes: `auto`, `keyframes`, `scene`, `motion`, `motion:10s`, `every:500ms`, `every:2s`, `every:1.5m`.
 * Throws `invalid-choice`.
 */
export function parseChoice(text: string): FrameChoice {
  if (text === 'auto' || text === 'keyframes' || text === 'scene') return { mode: text };
  if (text === 'motion') return { mode: text, interval: MOVING };
  const [, mode, amount, unit = ''] = /^(every|motion):(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const interval = Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN));
  if (interval >= 1000) return { mode: mode === 'motion' ? 'motion' : 'every', interval };
  throw new IngestError(
    'invalid-choice',
    `"${text}" is no choice of frames: use auto, keyframes, scene, motion, or every:N with a unit (ms, s, m), such as every:2s.`,
  );
}
