import { describe } from 'vitest';
import { checkCutsInsideGops, NO_SCENECUT, X264 } from '../support/long-gops.ts';

describe.each([
  ['long.ts', [...X264, ...NO_SCENECUT]],
  ['mpeg4.mp4', ['-c:v', 'mpeg4', '-g', '250', '-sc_threshold', '1000000000']],
])('cuts inside long GOPs: %s', checkCutsInsideGops);
