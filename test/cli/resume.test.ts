import { mkdir, readdir, readFile, utimes } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { inferenceProcesses, until } from '../support/processes.ts';
import { buildTinyBundle } from '../support/tiny-bundle.ts';
import { run } from './support/program.ts';
import { type Bench, benches, colourPicture, colourVideo } from './support/room.ts';
import { descendants, durable, gone, inferred, spyEnv } from './support/watching.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** 60 s at ten looks a second: more than fits into the pipes, so that ffmpeg is still there when the run is killed. */
const GROUPS = 75;
const EVERY = ['--frames', 'every:100ms', '--workers', '2'];

const bench = benches(
  (shared) =>
    colourVideo(path.join(shared, 'long.mp4'), ['red', 'green', 'blue', 'yellow', 'white', 'black'], 10).then(() => {}),
  // About a tenth of a second a group.
  { spin: 4000 },
);

interface Watched extends Bench {
  readonly shared: string;
  readonly spyFile: string;
  /** Runs the same command again; forgets what was inferred before. */
  inferredBy(...args: string[]): Promise<string[]>;
}

async function watched(name: string): Promise<Watched> {
  const plain = await bench(name);
  await mkdir(plain.at('out'));
  const spyFile = plain.at('inferred');
  Object.assign(plain.env, await spyEnv(plain.folder, spyFile));
  return {
    ...plain,
    spyFile,
    async inferredBy(...args) {
      const before = inferred(spyFile).length;
      expect(await plain.caption(...args)).toMatchObject({ code: 0 });
      return inferred(spyFile).slice(before);
    },
  };
}

function allGroups(video: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${video} ${at}`).sort();
}

/** Starts a run, waits until some groups are durable, and gives them. */
async function underWay(room: Watched, args: readonly string[], groups = 4) {
  const running = await room.start(...args);
  const state = room.env.SECONDGLANCE_STATE_DIR ?? '';
  await until(() => durable(state).length >= groups, 120, `${groups} durable groups`);
  return { ...running, state };
}

async function outputs(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')])),
  );
}

describe('killed in the middle', () => {
  let reference: Record<string, string>;
  const argsFor = (shared: string): string[] => [`${shared}/long.mp4`, ...EVERY, '-f', 'vtt,json', '-o', 'out'];

  beforeAll(async () => {
    const room = await watched('reference');
    const groups = await room.inferredBy(...argsFor(room.shared), '--no-resume');
    expect(groups.sort()).toEqual(allGroups('long.mp4', GROUPS));
    reference = await outputs(room.at('out'));
    expect(Object.keys(reference)).toEqual(['long.json', 'long.vtt']);
  });

  test('kill -9: nothing is left running; no durable group is inferred again; the same bytes', async () => {
    const room = await watched('kill');
    const args = argsFor(room.shared);
    const { child, pid, ended, state } = await underWay(room, args);
    const helpers = descendants(pid);
    child.kill('SIGKILL');
    expect(await ended).toMatchObject({ signal: 'SIGKILL' });
    expect(helpers.filter(({ command }) => command.includes('ffmpeg'))).not.toEqual([]);
    expect(helpers.filter(({ command }) => command.includes('workers/pool/child.js'))).toHaveLength(2);
    await gone(helpers);
    expect((await readdir(room.at('out'))).filter((name) => !name.startsWith('.'))).toEqual([]);

    const kept = durable(state);
    expect(kept.length).toBeLessThan(GROUPS);
    const again = await room.inferredBy(...args);
    expect([...kept, ...again].sort()).toEqual(allGroups('long.mp4', GROUPS));
    expect(await outputs(room.at('out'))).toEqual(reference);
    expect(durable(state)).toEqual([]);
  });

  test('kill -9 of an inference process: the run goes on without a loss', async () => {
    const room = await watched('kill a child');
    const args = argsFor(room.shared);
    const { pid, ended } = await underWay(room, args);
    const [victim = -1] = inferenceProcesses(pid);
    process.kill(victim, 'SIGKILL');
    expect(await ended).toMatchObject({ code: 0 });
    expect(await outputs(room.at('out'))).toEqual(reference);
    const groups = inferred(room.spyFile);
    expect([...new Set(groups)].sort()).toEqual(allGroups('long.mp4', GROUPS));
    expect(groups.length).toBeLessThanOrEqual(GROUPS + 1);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends cleanly and can be resumed', async (signal, code) => {
    const room = await watched(signal);
    const args = argsFor(room.shared);
    const { child, pid, ended, state } = await underWay(room, args);
    const helpers = descendants(pid);
    child.kill(signal);
    const { stderr, ...how } = await ended;
    expect(how).toEqual({ code, signal: null, stdout: '' });
    expect(stderr).toMatch(/the same command goes on from here/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    await gone(helpers);
    expect(await readdir(room.at('out'))).toEqual([]);

    const kept = durable(state);
    const again = await room.inferredBy(...args);
    expect([...kept, ...again].sort()).toEqual(allGroups('long.mp4', GROUPS));
    expect(await outputs(room.at('out'))).toEqual(reference);
  });

  test('Ctrl-C twice forces, and leaves nothing running', async () => {
    const room = await watched('twice');
    const { child, pid, ended } = await underWay(room, argsFor(room.shared));
    const helpers = descendants(pid);
    // A stopped inference process delays the clean end; the second signal does not wait for it.
    process.kill(inferenceProcesses(pid)[0] ?? -1, 'SIGSTOP');
    child.kill('SIGINT');
    const decoding = () => descendants(pid).some(({ command }) => command.includes('ffmpeg'));
    await until(() => !decoding(), 60, 'the first signal ends ffmpeg');
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
    for (const { pid: helper } of helpers) {
      try {
        process.kill(helper, 'SIGCONT');
      } catch {
        // It has ended already.
      }
    }
    await gone(helpers);
  });
});

test('other options, another bundle, a changed input, --no-resume: everything is done afresh', async () => {
  const room = await watched('afresh');
  const video = await colourVideo(room.at('short.mp4'), ['red', 'green', 'blue'], 4);
  const args = ['short.mp4', ...EVERY, '-f', 'vtt', '-o', 'out'];
  const all = allGroups('short.mp4', 15);
  const { child, ended, state } = await underWay(room, args, 2);
  child.kill('SIGKILL');
  await ended;
  expect(durable(state).length).toBeLessThan(15);

  expect((await room.inferredBy(...args, '--looks', '1')).sort()).toEqual(all);
  await buildTinyBundle(room.at('tiny2'), { name: 'tiny2' });
  const how = { cwd: room.folder, env: room.env };
  const before = inferred(room.spyFile).length;
  expect(await run(['caption', ...args, '--model', './tiny2'], how)).toMatchObject({ code: 0 });
  expect(inferred(room.spyFile).slice(before).sort()).toEqual(all);
  await utimes(video, new Date(), new Date(Date.now() - 60_000));
  expect((await room.inferredBy(...args)).sort()).toEqual(all);
  // The journal of the killed run is still there for the input as it was, and nobody's.
  expect((await room.inferredBy(...args, '--no-resume', '--force')).sort()).toEqual(all);
});

test('pictures collected into one file: resumed after kill -9, in the same order', async () => {
  const room = await watched('pictures');
  await mkdir(room.at('in'));
  const colours = ['red', 'green', 'blue', 'white', 'black', 'yellow'] as const;
  const names = Array.from({ length: 24 }, (_, at) => `p${String(at).padStart(2, '0')}.png`);
  await Promise.all(names.map((name, at) => colourPicture(room.at('in', name), colours[at % 6] ?? 'red')));
  const args = ['in', '-o', 'out/all.jsonl', '--workers', '2'];
  const { child, ended, state } = await underWay(room, args, 6);
  child.kill('SIGKILL');
  await ended;
  const kept = durable(state);
  const again = await room.inferredBy(...args);
  expect([...kept, ...again].sort()).toEqual(names.map((name) => `${name} 0`));
  const resumed = await outputs(room.at('out'));
  expect(await room.inferredBy(...args, '--no-resume', '--force')).toHaveLength(24);
  expect(await outputs(room.at('out'))).toEqual(resumed);
});
