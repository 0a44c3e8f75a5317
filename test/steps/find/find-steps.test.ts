import { test } from 'vitest';
import { madeSteps } from '../support/made-steps.ts';

const stepsOf = madeSteps();

// All videos of the corpus: find-steps.slow.test.ts.
test.each(['cuts inside', 'spoken, one colour'])('steps of a made video, within two seconds: %s', async (name) => {
  await stepsOf(name);
});
