import { mkdir, readdir, rm, utimes } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { anInferenceProcess, inferenceProcesses } from '../support/processes.ts';
import { buildTinyBundle } from '../support/tiny-bundle.ts';
import { run } from './support/program.ts';
import { allGroups, EVERY, GROUPS, longRun, outputs, resumedRuns, underWay } from './support/resuming.ts';
import { colourPicture, colourVideo } from './support/room.ts';
import { descendants, durable, gone, holdFile, inferred } from './support/watching.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const { watched, reference } = resumedRuns();

describe('killed in the middle', () => {
  test('kill -9 of an inference process: the run goes on without a loss', async () => {
    const room = await watched('kill a child');
    const args = longRun(room.shared);
    const { pid, ended } = await underWay(room, args);
    const victim = anInferenceProcess(pid);
    process.kill(victim, 'SIGKILL');
    await rm(holdFile(room.spyFile));
    expect(await ended).toMatchObject({ code: 0 });
    expect(await outputs(room.at('out'))).toEqual(reference());
    const groups = inferred(room.spyFile);
    expect([...new Set(groups)].sort()).toEqual(allGroups('long.mp4', GROUPS));
    expect(groups.length).toBeLessThanOrEqual(GROUPS + 1);
  });

  test('kill -9 of a run with events: no durable group again, and the same bytes', async () => {
    const room = await watched('events');
    const args = [...longRun(room.shared), '--to', '20s', '--events'];
    const groups = await room.inferredBy(...args.map((arg) => (arg === 'out' ? 'whole' : arg)));
    const whole = await outputs(room.at('whole'));
    const { events } = JSON.parse(whole['long.json'] ?? '');
    expect(events.map(({ start }: { start: number }) => start)).toEqual([0, 10]);
    const { child, ended, state } = await underWay(room, args);
    child.kill('SIGKILL');
    await ended;
    const kept = durable(state);
    const again = await room.inferredBy(...args);
    expect([...kept, ...again].sort()).toEqual(groups.sort());
    expect(await outputs(room.at('out'))).toEqual(whole);
  });

  test('SIGTERM ends as cleanly', async () => {
    const room = await watched('terminated');
    const { child, pid, ended } = await underWay(room, longRun(room.shared));
    const helpers = descendants(pid);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 143, stdout: '' });
    await gone(helpers);
    expect(await readdir(room.at('out'))).toEqual([]);
    await room.inferredBy(...longRun(room.shared));
    expect(await outputs(room.at('out'))).toEqual(reference());
  });

  test('Ctrl-C twice forces, and leaves nothing running', async () => {
    const room = await watched('twice');
    const { child, pid, ended } = await underWay(room, longRun(room.shared));
    const helpers = descendants(pid);
    // Stopped inference processes delay the clean end for seconds; the second signal does not wait for them.
    for (const inference of inferenceProcesses(pid)) process.kill(inference, 'SIGSTOP');
    const ending = new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => text.includes('again to resume') && resolve());
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

test('other options, another bundle, a changed input, --no-resume: everything is done afresh', async () => {
  const room = await watched('afresh');
  const video = await colourVideo(room.at('short.mp4'), ['red', 'green', 'blue'], 4);
  const args = ['short.mp4', ...EVERY, '-f', 'vtt', '-o', 'out'];
  const all = allGroups('short.mp4', 15);
  const { child, ended, state } = await underWay(room, args, 2);
  child.kill('SIGKILL');
  await ended;
  expect(durable(state).length).toBeLessThan(15);

  expect((await room.inferredBy(...args, '--passes', '1')).sort()).toEqual(all);
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
