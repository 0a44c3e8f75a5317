import { test, vi } from 'vitest';
import type { Disturbances } from '../../support/scenes.ts';
import { expectMotion } from './support/judge-motion.ts';

vi.setConfig({ testTimeout: 240_000 });

test.each([
  ['noise', { noise: 5 }],
  ['rain', { rain: 250, noise: 2 }],
  ['dusk', { dusk: 0.35, noise: 2 }],
  ['auto-exposure', { exposure: 25, noise: 2 }],
  ['compression pulses', { pulse: 4, noise: 2 }],
] satisfies [string, Disturbances][])('is not motion, and hides none: %s', (_, disturbances) =>
  expectMotion(disturbances),
);
