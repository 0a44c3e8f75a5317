import { copyFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { start } from '../../cli/support/program.ts';
import { type Bench, benches } from '../../cli/support/room.ts';
import { descendants, durable, gone, inferred, spyEnv } from '../../cli/support/watching.ts';
import { until } from '../../support/processes.ts';
import { type MadeStep, makeVideo } from '../support/made.ts';
import { steps } from './support.ts';

vi.setConfig({ testTimeout: 480_000, hookTimeout: 480_000 });

const STEPS: readonly MadeStep[] = [
  { colour: 'red', shots: [12] },
  { colour: 'green', shots: [12] },
  { colour: 'blue', shots: [12] },
];

// Noise makes a look of every second; an empty loop in the model makes a group last.
const bench = benches(
  async (shared) => {
    await makeVideo(path.join(shared, 'noisy.mp4'), STEPS, { filter: 'noise=alls=60:allf=t' });
  },
  { spin: 8000 },
);

async function files(folder: string): Promise<Record<string, string>> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const names = entries.map(({ parentPath, name }) => path.join(parentPath, name)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [path.relative(folder, name), await readFile(name, 'base64')])),
  );
}

async function room(name: string): Promise<Bench> {
  const place = await bench(name);
  await copyFile(path.join(place.shared, 'noisy.mp4'), place.at('noisy.mp4'));
  return place;
}

/** The guide of a run that nobody disturbed. */
let whole: Record<string, string> | undefined;

test.each(['SIGKILL', 'SIGINT'] as const)(
  '%s, and the same command again: no look twice, the same bytes',
  async (signal) => {
    if (whole === undefined) {
      const quiet = await room('whole');
      expect(await steps(quiet, 'noisy.mp4', '-o', 'guide')).toMatchObject({ code: 0 });
      whole = await files(quiet.at('guide'));
    }
    const place = await room(`killed-${signal}`);
    const spyFile = place.at('inferred');
    const env = { ...place.env, ...(await spyEnv(place.folder, spyFile)) };
    const state = place.env.SECONDGLANCE_STATE_DIR ?? '';
    const running = await start(['steps', 'noisy.mp4', '-o', 'guide', '--workers', '1', '--model', place.bundle], {
      cwd: place.folder,
      env,
    });
    await until(() => durable(state).length >= 2, 240, 'two durable groups');
    const below = descendants(running.pid);
    process.kill(running.pid, signal);
    const ended = await running.ended;
    expect(ended).toMatchObject(signal === 'SIGKILL' ? { signal } : { code: 130 });
    await gone(below);
    const kept = durable(state);
    const begun = inferred(spyFile).length;

    Object.assign(place.env, env);
    expect(await steps(place, 'noisy.mp4', '-o', 'guide')).toMatchObject({ code: 0 });
    const again = inferred(spyFile).slice(begun);
    expect(again.filter((group) => kept.includes(group))).toEqual([]);
    expect(new Set([...kept, ...again]).size).toBe(kept.length + again.length);
    expect(await files(place.at('guide'))).toEqual(whole);

    // Other lengths of steps cost no look at all.
    const before = inferred(spyFile).length;
    expect(await steps(place, 'noisy.mp4', '-o', 'guide', '--min-step', '10s')).toMatchObject({ code: 0 });
    expect(inferred(spyFile)).toHaveLength(before);
  },
);
