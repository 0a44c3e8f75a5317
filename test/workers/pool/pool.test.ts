import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Group } from '../../../src/core/types.ts';
import { loadBundle } from '../../../src/workers/bundle/bundle.ts';
import type { Captioner } from '../../../src/workers/captioner.ts';
import type { WorkerError } from '../../../src/workers/errors.ts';
import type { PoolOptions } from '../../../src/workers/pool/pool.ts';
import { inferred, spyEnv } from '../../cli/support/watching.ts';
import { built } from '../../support/built.ts';
import { anInferenceProcess, inferenceProcesses, processes, until } from '../../support/processes.ts';
import { buildTinyBundle, type Colour, TEXTS } from '../../support/tiny-bundle.ts';
import { tinyGroup } from '../../support/tiny-groups.ts';

const { createCaptioner } = await built<typeof import('../../../src/workers/pool/pool.ts')>('workers/pool/pool.js');
const { InferenceProcess } = await built<typeof import('../../../src/workers/pool/inference-process.ts')>(
  'workers/pool/inference-process.js',
);

const { signal } = new AbortController();
let home: string;
/** Captions every colour but two: purple makes the model fail, yellow makes its run endless. */
let folder: string;
const opened: Captioner[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'secondglance-pool-'));
  folder = await buildTinyBundle(join(home, 'tiny'), { fails: 'purple', hangs: 'yellow' });
});
afterEach(async () => {
  for (const captioner of opened.splice(0)) await captioner.close();
  expect(inferenceProcesses(process.pid)).toEqual([]);
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function captionerWith(options: Partial<PoolOptions> = {}): Promise<Captioner> {
  const captioner = createCaptioner({ model: await loadBundle(folder), processes: 1, ...options });
  opened.push(captioner);
  await captioner.open();
  return captioner;
}

const TWO = { passes: 2 } as const;
const group = (colour: Colour, index = 0): Group => tinyGroup([colour, 'red'], index);
const texts = async (captioner: Captioner, colour: Colour) =>
  (await captioner.caption(group(colour), TWO, signal)).map(({ text }) => text);

describe('captions', () => {
  test('come from as many processes as asked for, however many groups are given at once', async () => {
    const captioner = await captionerWith({ processes: 2 });
    expect(captioner).toMatchObject({
      concurrency: 2,
      model: { name: 'tiny' },
      image: { width: 16, resize: 'stretch' },
    });
    expect(captioner.runtime).toMatch(/^onnxruntime-node \d+\.\d+\.\d+ cpu$/);
    const colours: Colour[] = ['red', 'green', 'blue', 'white', 'black', 'gray'];
    const results = await Promise.all(
      colours.map((colour, i) => captioner.caption(tinyGroup([colour], i), TWO, signal)),
    );
    expect(inferenceProcesses(process.pid).length).toBe(2);
    for (const [i, colour] of colours.entries()) {
      expect(results[i]).toEqual([
        expect.objectContaining({ index: i * 8, pts: i * 8_000_000, passes: 2, ...TEXTS[colour] }),
      ]);
    }
    expect(await captioner.caption(tinyGroup([]), TWO, signal)).toEqual([]);
  });

  test('come from one process as long as it is enough, where processes start on demand', async () => {
    const captioner = await captionerWith({ processes: 2, startOnDemand: true });
    expect(inferenceProcesses(process.pid).length).toBe(1);
    await texts(captioner, 'red');
    await texts(captioner, 'blue');
    expect(inferenceProcesses(process.pid).length).toBe(1);
    const both = [texts(captioner, 'red'), texts(captioner, 'blue')];
    expect(await Promise.all(both)).toEqual([
      [TEXTS.red.text, TEXTS.red.text],
      [TEXTS.blue.text, TEXTS.red.text],
    ]);
    expect(inferenceProcesses(process.pid).length).toBe(2);
  });

  test('of one pass are the drafts, from the same processes', async () => {
    const captioner = await captionerWith();
    const before = inferenceProcesses(process.pid);
    const once = await captioner.caption(group('blue'), { passes: 1 }, signal);
    expect(once).toMatchObject([
      { text: TEXTS.blue.draft, passes: 1 },
      { text: TEXTS.red.draft, passes: 1 },
    ]);
    expect(await texts(captioner, 'blue')).toEqual([TEXTS.blue.text, TEXTS.red.text]);
    expect(inferenceProcesses(process.pid)).toEqual(before);
  });
});

describe('a process that dies', () => {
  /** From here on, a process leaves a line for each group that it begins; how often it was the one with this index. */
  async function begun(name: string, index: number): Promise<() => number> {
    const file = join(home, name);
    for (const [variable, value] of Object.entries(await spyEnv(home, file))) vi.stubEnv(variable, value);
    return () => inferred(file).filter((line) => line.endsWith(` ${index}`)).length;
  }
  afterEach(() => vi.unstubAllEnvs());

  test('while idle is replaced', async () => {
    const captioner = await captionerWith();
    const pid = anInferenceProcess(process.pid);
    process.kill(pid, 'SIGKILL');
    await until(() => inferenceProcesses(process.pid).length === 0, 60, 'death');
    expect(await texts(captioner, 'green')).toEqual([TEXTS.green.text, TEXTS.red.text]);
    expect(inferenceProcesses(process.pid)).not.toContain(pid);
  });

  test('with a group in hand is replaced; the third time the group is failed with the reason and the rest goes on', async () => {
    const failures: WorkerError[] = [];
    const groups = await begun('third', 5);
    const captioner = await captionerWith({ onFailure: (error) => failures.push(error) });
    const doomed = captioner.caption(group('yellow', 5), TWO, signal);
    const next = texts(captioner, 'blue');
    for (let death = 1; death <= 3; death++) {
      // The group never ends: the process is killed in its run.
      await until(() => groups() === death, 120, 'run');
      process.kill(anInferenceProcess(process.pid), 'SIGKILL');
      await until(() => failures.length === death, 60, 'notice of the death');
    }
    const captions = await doomed;
    expect(captions.map(({ index, text, confidence }) => ({ index, text, confidence }))).toEqual([
      { index: 40, text: '', confidence: 0 },
      { index: 41, text: '', confidence: 0 },
    ]);
    expect(captions[1]?.error).toEqual({
      code: 'group-failed',
      message: 'Failed after 3 tries: an inference process ended unexpectedly (SIGKILL)',
    });
    expect(failures.map(({ code, detail }) => [code, detail.signal])).toEqual(
      Array(3).fill(['worker-died', 'SIGKILL']),
    );
    expect(await next).toEqual([TEXTS.blue.text, TEXTS.red.text]);
  });

  test('once does not show in the captions', async () => {
    const failures: WorkerError[] = [];
    const slow = await loadBundle(await buildTinyBundle(join(home, 'slow'), { spin: 100_000 }));
    const groups = await begun('once', 0);
    const captioner = await captionerWith({ model: slow, onFailure: (error) => failures.push(error) });
    const captions = captioner.caption(group('white'), TWO, signal);
    await until(() => groups() === 1, 120, 'run');
    process.kill(anInferenceProcess(process.pid), 'SIGKILL');
    expect((await captions).map(({ text }) => text)).toEqual([TEXTS.white.text, TEXTS.red.text]);
    expect(failures.length).toBe(1);
  });
});

test('a model that throws fails its group after one more try, in the same process', async () => {
  const failures: WorkerError[] = [];
  const captioner = await captionerWith({ onFailure: (error) => failures.push(error) });
  const before = inferenceProcesses(process.pid);
  const [caption] = await captioner.caption(group('purple'), TWO, signal);
  expect(caption?.error?.code).toBe('group-failed');
  expect(caption?.error?.message).toMatch(/^Failed after 2 tries: the model failed: .*Gather.*out of data bounds/);
  expect(failures.map(({ code }) => code)).toEqual(['inference-failed', 'inference-failed']);
  expect(await texts(captioner, 'red')).toEqual([TEXTS.red.text, TEXTS.red.text]);
  expect(inferenceProcesses(process.pid)).toEqual(before);
});

describe('opening', () => {
  test.each(['graph', 'tokenizer'] as const)(
    'is refused for a bundle with a bad %s, as the process found it',
    async (damage) => {
      const bundle = await loadBundle(await buildTinyBundle(join(home, damage), { damage }));
      const captioner = createCaptioner({ model: bundle, processes: 2 });
      await expect(captioner.open()).rejects.toMatchObject({ name: 'BundleError', code: `bundle-${damage}` });
      expect(inferenceProcesses(process.pid)).toEqual([]);
    },
  );

  test('is refused for a bundle that was changed since it was read', async () => {
    const other = await buildTinyBundle(join(home, 'other'));
    const bundle = await loadBundle(other);
    const path = join(other, 'bundle.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('eight colours', '8 colours'));
    await expect(createCaptioner({ model: bundle, processes: 1 }).open()).rejects.toMatchObject({
      code: 'bundle-changed',
    });
  });

  test('must come before captions, and closing ends them', async () => {
    const captioner = createCaptioner({ model: await loadBundle(folder), processes: 1 });
    await expect(captioner.caption(group('red'), TWO, signal)).rejects.toMatchObject({ code: 'captioner-closed' });
    await captioner.open();
    await captioner.open();
    const running = expect(captioner.caption(group('yellow'), TWO, signal)).rejects.toMatchObject({
      code: 'captioner-closed',
    });
    const waiting = expect(captioner.caption(group('red'), TWO, signal)).rejects.toMatchObject({
      code: 'captioner-closed',
    });
    await Promise.all([captioner.close(), captioner.close()]);
    await running;
    await waiting;
    expect(inferenceProcesses(process.pid)).toEqual([]);
    await expect(captioner.caption(group('red'), TWO, signal)).rejects.toMatchObject({ code: 'captioner-closed' });
    await captioner.close();
  });
});

test('a bundle that vanishes while a process must be replaced ends the run, not group after group', async () => {
  const vanishing = await buildTinyBundle(join(home, 'vanishing'));
  const captioner = await captionerWith({ model: await loadBundle(vanishing) });
  rmSync(vanishing, { recursive: true });
  process.kill(anInferenceProcess(process.pid), 'SIGKILL');
  await until(() => inferenceProcesses(process.pid).length === 0, 60, 'death');
  await expect(captioner.caption(group('red'), TWO, signal)).rejects.toMatchObject({ code: 'bundle-missing' });
});

describe('abort', () => {
  test('rejects at once with its reason, in mid-run or waiting, and the captioner goes on', async () => {
    const failures: WorkerError[] = [];
    const captioner = await captionerWith({ onFailure: (error) => failures.push(error) });
    const first = new AbortController();
    const second = new AbortController();
    const running = captioner.caption(group('yellow'), TWO, first.signal);
    const waiting = captioner.caption(group('red'), TWO, second.signal);
    const reason = new Error('the input is gone');
    setTimeout(() => second.abort(), 100);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    // Its run would never end by itself.
    first.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(captioner.caption(group('red'), TWO, first.signal)).rejects.toBe(reason);
    expect(await texts(captioner, 'black')).toEqual([TEXTS.black.text, TEXTS.red.text]);
    expect(inferenceProcesses(process.pid).length).toBe(1);
    // The process that the abort has killed is nobody else's misfortune.
    expect(failures).toEqual([]);
  });
});

test('a process that gives no answer is killed by the watchdog', async () => {
  const inference = new InferenceProcess();
  await inference.open(await loadBundle(folder));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const answer = inference.caption(group('yellow'), TWO).catch((error: unknown) => error);
    vi.advanceTimersByTime(10 * 60_000 - 1);
    expect(inference.alive).toBe(true);
    vi.advanceTimersByTime(1);
    expect(await answer).toMatchObject({ code: 'worker-stuck', retryable: true });
    expect(inference.alive).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test('a process that cannot start says how it ended', async () => {
  const inference = new InferenceProcess();
  const opening = inference.open(await loadBundle(folder));
  inference.kill();
  await expect(opening).rejects.toMatchObject({ code: 'worker-start', retryable: true, detail: { signal: 'SIGKILL' } });
  await inference.stop();
});

test('Ctrl-C is left to the parent', async () => {
  const captioner = await captionerWith();
  const before = inferenceProcesses(process.pid);
  for (const pid of before) process.kill(pid, 'SIGINT');
  expect(await texts(captioner, 'red')).toEqual([TEXTS.red.text, TEXTS.red.text]);
  expect(inferenceProcesses(process.pid)).toEqual(before);
});

describe('when the parent is killed', () => {
  let parent: ChildProcess | undefined;
  afterEach(() => parent?.kill('SIGKILL'));

  test.each([
    ['idle', 'red'],
    ['in the middle of an endless run', 'yellow'],
  ])('processes that are %s end by themselves', async (_, colour) => {
    const program = fileURLToPath(new URL('./lonely-parent.ts', import.meta.url));
    parent = spawn(process.execPath, ['--import', 'tsx', program, folder, colour], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (parent.stdout === null) throw new Error('no stdout');
    let pids: number[] = [];
    for await (const line of createInterface({ input: parent.stdout })) {
      pids = JSON.parse(line);
      break;
    }
    const alive = () => processes().filter(({ pid }) => pids.includes(pid));
    expect(alive().length).toBe(2);
    parent.kill('SIGKILL');
    await until(() => alive().length === 0, 60, 'end of the orphans');
  });
});
