import path from 'node:path';
import { expect } from 'vitest';
import { type EndedLine, runEach } from '../../../cli/support/program.ts';
import { type Bench, benches, colourPicture, colourVideo } from '../../../cli/support/room.ts';

/** Benches that share a film, `rgb.mp4`, and a picture, `red.png`. */
export const explainBenches = () =>
  benches(async (shared) => {
    await Promise.all([
      colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2),
      colourPicture(path.join(shared, 'red.png'), 'red'),
    ]);
  });

/** Runs `secondglance explain ARGS --model TINY` for each of several ARGS, in one process. */
export function explainEach({ folder, env, bundle }: Bench, ...lines: (readonly string[])[]): Promise<EndedLine[]> {
  return runEach(
    lines.map((args) => ['explain', ...args, '--model', bundle]),
    { cwd: folder, env },
  );
}

/** Wrong usage is one sentence on stderr, and exit code 2. `RED`, `RGB` and `FOLDER` stand for the shared files. */
export async function expectRefusals(
  bench: Bench & { readonly shared: string },
  refusals: readonly (readonly [line: string, sentence: RegExp])[],
): Promise<void> {
  const { shared } = bench;
  const places = { RED: `${shared}/red.png`, RGB: `${shared}/rgb.mp4`, FOLDER: shared };
  const full = (line: string): string => line.replace(/RED|RGB|FOLDER/, (name) => places[name as keyof typeof places]);
  const ended = await explainEach(bench, ...refusals.map(([line]) => full(line).split(' ')));
  expect(ended).toMatchObject(
    refusals.map(([, sentence]) => ({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) })),
  );
  for (const { stderr } of ended) expect(stderr.trim().split('\n')).toHaveLength(1);
}
