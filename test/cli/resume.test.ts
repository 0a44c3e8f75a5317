import { readdir } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { allGroups, GROUPS, longRun, outputs, resumedRuns, underWay } from './support/resuming.ts';
import { descendants, durable, gone } from './support/watching.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const { watched, reference } = resumedRuns();

describe('killed in the middle', () => {
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
    const { again, stderr } = await room.rerun(...args);
    expect([...kept, ...again].sort()).toEqual(allGroups('long.mp4', GROUPS));
    expect(stderr).toContain(`: 600 keyframes (${8 * kept.length} captions of an earlier run reused), `);
    expect(await outputs(room.at('out'))).toEqual(reference());
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
    expect(stderr).toMatch(/run the same command again to resume/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    await gone(helpers);
    expect(await readdir(room.at('out'))).toEqual([]);

    const kept = durable(state);
    const again = await room.inferredBy(...args);
    expect([...kept, ...again].sort()).toEqual(allGroups('long.mp4', GROUPS));
    expect(await outputs(room.at('out'))).toEqual(reference());
  });
});
