import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { inferenceProcesses } from '../support/processes.ts';
import { allGroups, GROUPS, longRun, outputs, underWay, undisturbed, watchedBenches } from './support/resuming.ts';
import { descendants, durable, gone } from './support/watching.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const watched = watchedBenches();

describe('killed in the middle', () => {
  let reference: Record<string, string>;
  beforeAll(async () => {
    reference = await undisturbed(await watched('reference'));
  });

  test('kill -9: nothing is left running; no durable group is inferred again; the same bytes', async () => {
    const room = await watched('kill');
    const args = longRun(room.shared);
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

  test('Ctrl-C ends cleanly and can be resumed', async () => {
    const room = await watched('interrupted');
    const args = longRun(room.shared);
    const { child, pid, ended, state } = await underWay(room, args);
    const helpers = descendants(pid);
    child.kill('SIGINT');
    const { stderr, ...how } = await ended;
    expect(how).toEqual({ code: 130, signal: null, stdout: '' });
    expect(stderr).toMatch(/the same command resumes this run/);
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
    const { child, pid, ended } = await underWay(room, longRun(room.shared));
    const helpers = descendants(pid);
    // Stopped inference processes delay the clean end for seconds; the second signal does not wait for them.
    for (const inference of inferenceProcesses(pid)) process.kill(inference, 'SIGSTOP');
    const ending = new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => text.includes('resumes this run') && resolve());
    });
    child.kill('SIGINT');
    await ending;
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
