import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect } from 'vitest';
import { until } from '../../support/processes.ts';
import { type Bench, benches, colourVideo } from './room.ts';
import { durable, holdFile, inferred, spyEnv } from './watching.ts';

/** 60 s at ten keyframes a second: more than fits into the pipes, so that ffmpeg is still there when the run is killed. */
export const GROUPS = 75;
export const EVERY = ['--frames', 'every:100ms', '--workers', '2'];

/** A bench of which every inference leaves a line. */
export interface Watched extends Bench {
  readonly shared: string;
  readonly spyFile: string;
  /** Runs the same command again: what it inferred, and what it said. */
  rerun(...args: string[]): Promise<{ readonly again: string[]; readonly stderr: string }>;
  /** Runs the same command again; forgets what was inferred before. */
  inferredBy(...args: string[]): Promise<string[]>;
}

/** Benches that share a video of {@link GROUPS} groups, `long.mp4`, and a bundle that is slow enough to be killed at work. */
function watchedBenches(): (name: string) => Promise<Watched> {
  const colours = ['red', 'green', 'blue', 'yellow', 'white', 'black'] as const;
  const bench = benches((shared) => colourVideo(path.join(shared, 'long.mp4'), colours, 10).then(() => undefined), {
    // A hundredth of a second a group.
    spin: 400,
  });
  return async (name) => {
    const plain = await bench(name);
    await mkdir(plain.at('out'));
    const spyFile = plain.at('inferred');
    Object.assign(plain.env, await spyEnv(plain.folder, spyFile));
    const rerun: Watched['rerun'] = async (...args) => {
      await rm(holdFile(spyFile), { force: true });
      const before = inferred(spyFile).length;
      const { code, stderr } = await plain.caption(...args);
      expect(code, stderr).toBe(0);
      return { again: inferred(spyFile).slice(before), stderr };
    };
    return { ...plain, spyFile, rerun, inferredBy: async (...args) => (await rerun(...args)).again };
  };
}

/** The options of a run over `long.mp4`. */
export function longRun(shared: string): string[] {
  return [`${shared}/long.mp4`, ...EVERY, '-f', 'vtt,json', '-o', 'out'];
}

/** What an undisturbed run over `long.mp4` writes. */
async function undisturbed(room: Watched): Promise<Record<string, string>> {
  const groups = await room.inferredBy(...longRun(room.shared), '--no-resume');
  expect(groups.sort()).toEqual(allGroups('long.mp4', GROUPS));
  const written = await outputs(room.at('out'));
  expect(Object.keys(written)).toEqual(['long.json', 'long.vtt']);
  return written;
}

/** Benches, and what an undisturbed run over their video writes, which is made once. */
export function resumedRuns(): {
  readonly watched: (name: string) => Promise<Watched>;
  readonly reference: () => Record<string, string>;
} {
  const watched = watchedBenches();
  let reference: Record<string, string> = {};
  beforeAll(async () => {
    reference = await undisturbed(await watched('reference'));
  });
  return { watched, reference: () => reference };
}

/** All groups of a video, as `inferred` lists them. */
export function allGroups(video: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${video} ${at}`).sort();
}

/** Starts a run, which waits before its end until the hold file is removed, and waits until some groups are durable. */
export async function underWay(room: Watched, args: readonly string[], groups = 4) {
  await writeFile(holdFile(room.spyFile), String(inferred(room.spyFile).length + groups + 8));
  const running = await room.start(...args);
  const state = room.env.SECONDGLANCE_STATE_DIR ?? '';
  await until(() => durable(state).length >= groups, 120, `${groups} durable groups`);
  return { ...running, state };
}

/** The files of a folder, by name. */
export async function outputs(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')])),
  );
}
