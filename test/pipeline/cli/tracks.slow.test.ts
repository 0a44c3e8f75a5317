import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { run } from '../../cli/support/program.ts';
import { benches, colourVideo, cuesOf, jsonLines } from '../../cli/support/room.ts';
import { buildTinyBundle } from '../../support/tiny-bundle.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches(async (shared) => {
  await colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2);
});

describe.concurrent('options', () => {
  test('--passes 1 writes what the draft says with two', async () => {
    const { shared, caption } = await bench('looks');
    const [one, two] = await Promise.all(
      ['1', '2'].map((looks) => caption(`${shared}/rgb.mp4`, '--passes', looks, '-f', 'jsonl', '-o', '-')),
    );
    const texts = jsonLines(one?.stdout ?? '').map(({ text, passes }) => [text, passes]);
    expect(texts).toEqual([
      ['A red picture', 1],
      ['A green picture', 1],
      ['A blue picture', 1],
    ]);
    expect(jsonLines(two?.stdout ?? '').map(({ draft }) => draft)).toEqual(texts.map(([text]) => text));
  });

  test('--frames every: looks that often', async () => {
    const { shared, caption } = await bench('every');
    const { stdout } = await caption(`${shared}/rgb.mp4`, '--frames', 'every:500ms', '-o', '-', '-f', 'jsonl');
    expect(jsonLines(stdout).map(({ time }) => time)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5]);
  });

  test('--min-confidence leaves out of tracks, not of the lines', async () => {
    const { shared, caption } = await bench('confidence');
    const { stdout } = await caption(`${shared}/rgb.mp4`, '--min-confidence', '0.9999', '-o', '-');
    expect(cuesOf(stdout)).toEqual([]);
    const { stdout: lines } = await caption(
      `${shared}/rgb.mp4`,
      '--min-confidence',
      '0.9999',
      '-o',
      '-',
      '-f',
      'jsonl',
    );
    expect(jsonLines(lines)).toHaveLength(3);
  });

  test("the bundle's own least confidence counts where none is asked for; the summary tells what is left out", async () => {
    const { shared, at, env, folder, caption } = await bench('own-confidence');
    const own = await buildTinyBundle(at('strict'), { generation: { minConfidence: 0.9999 } });
    const strict = (...args: string[]) =>
      run(['caption', `${shared}/rgb.mp4`, '-o', 'a.vtt', '--model', own, ...args], { cwd: folder, env });
    expect((await strict()).stderr).toMatch(/3 keyframes, 0 cues \(left out: 3 below the minimum confidence\) in /);
    // Another threshold is another track, and 0 keeps all.
    expect((await strict('--min-confidence', '0')).stderr).toMatch(/3 keyframes, 3 cues in /);
    const { stdout } = await strict('--min-confidence', '0.9998', '--json');
    expect(jsonLines(stdout)).toContainEqual(expect.objectContaining({ event: 'end', cues: 0, unsure: 3 }));
    expect((await caption(`${shared}/rgb.mp4`, '-o', 'b.vtt')).stderr).toMatch(/3 keyframes, 3 cues in /);
  });

  test('workers and their number change no byte', async () => {
    const { shared, caption } = await bench('workers');
    const outputs = [];
    for (const workers of ['1', '2', '3']) {
      const { stdout } = await caption(
        `${shared}/rgb.mp4`,
        '--workers',
        workers,
        '--frames',
        'every:100ms',
        '-o',
        '-',
        '-f',
        'json',
      );
      outputs.push(stdout);
    }
    expect(JSON.parse(outputs[0] ?? '').keyframes).toHaveLength(60);
    expect(outputs[1]).toBe(outputs[0]);
    expect(outputs[2]).toBe(outputs[0]);
  });
});
