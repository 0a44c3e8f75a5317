import { describe } from 'vitest';
import { checkKilled } from '../support/killed-ffmpeg.ts';

/** How an ffmpeg ends that an operator ends (it catches the signal), or that gets no memory. */
const ENDS = [
  ['SIGTERM', 'echo "[info] Exiting normally, received signal 15." >&2; exit 255'],
  ['no memory', 'echo "[error] Cannot allocate memory" >&2; exit 1'],
] as const;

describe.each(ENDS)('an ffmpeg that is killed: %s', (_, end) => checkKilled(end));
