import { expect } from 'vitest';
import { MotionDetector } from '../../../../src/ingest/selectors/motion.ts';
import { cameraPictures, type Disturbances, EDGE, type Passage, somePassages } from '../../../support/scenes.ts';

const SECONDS = 300;

/** How a detector did: passages of which no picture counted as moving, and the share of quiet pictures that did. */
export function judge(passages: readonly Passage[], disturbances: Disturbances, person?: readonly [number, number]) {
  const detector = new MotionDetector(EDGE, EDGE);
  const found = new Set<Passage>();
  let wrong = 0;
  let quiet = 0;
  let at = 0;
  for (const pixels of cameraPictures(SECONDS, passages, disturbances, person)) {
    const { moving } = detector.push(at * 1_000_000, pixels);
    const passage = passages.find(({ from, to }) => at >= from && at < to);
    // Whoever has just left may still be seen as a change.
    const near = passages.some(({ from, to }) => at >= from && at < to + 6);
    if (passage !== undefined && moving) found.add(passage);
    if (!near) {
      quiet += 1;
      if (moving) wrong += 1;
    }
    at += 1;
  }
  return { missed: passages.length - found.size, of: passages.length, wrong: wrong / quiet };
}

/** Nearly every passage is found, and nearly nothing else, whatever else goes on in the pictures. */
export function expectMotion(disturbances: Disturbances): void {
  const { missed, of, wrong } = judge(somePassages(SECONDS, 7), { ...disturbances, seed: 11 });
  expect(of).toBeGreaterThan(4);
  expect(missed).toBeLessThanOrEqual(0.02 * of);
  expect(wrong).toBeLessThanOrEqual(0.03);
}
