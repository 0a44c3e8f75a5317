import { type ChildProcess, fork } from 'node:child_process';
import type { Keyframe } from '../../src/core/types.ts';
import { GROUP_SIZE } from '../../src/core/types.ts';
import { loadBundle } from '../../src/workers/bundle/bundle.ts';
import { openEngine } from '../../src/workers/bundle/engine.ts';

/** Bare onnxruntime over a list of pictures: wall and CPU seconds, the loading of graphs not counted. */
export interface BareRun {
  readonly seconds: number;
  readonly cpu: number;
}

interface Task {
  readonly model: string;
  readonly passes: 1 | 2;
  readonly batches: readonly (readonly Uint8Array[])[];
}

/** The child process: loads the bundle, waits for the start message, runs, and answers with its CPU seconds. */
async function child(): Promise<void> {
  const task = await new Promise<Task>((resolve) => process.once('message', (message) => resolve(message as Task)));
  const engine = await openEngine(await loadBundle(task.model));
  process.send?.('ready');
  await new Promise((resolve) => process.once('message', resolve));
  const before = process.cpuUsage();
  for (const batch of task.batches) await engine.write(batch, task);
  const used = process.cpuUsage(before);
  process.send?.((used.user + used.system) / 1e6);
  process.disconnect();
}

function nextMessage(process: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    process.once('message', resolve);
    process.once('exit', (code) => reject(new Error(`bare model ended with ${code}`)));
  });
}

/** Runs both passes over the keyframes in groups of eight, shared among as many processes as the product uses. */
export async function bareModel(
  keyframes: readonly Keyframe[],
  options: { readonly model: string; readonly passes: 1 | 2; readonly processes: number },
): Promise<BareRun> {
  const shares: Uint8Array[][][] = Array.from({ length: options.processes }, () => []);
  for (let at = 0; at < keyframes.length; at += GROUP_SIZE) {
    const batch = keyframes.slice(at, at + GROUP_SIZE).map(({ pixels }) => pixels);
    shares[(at / GROUP_SIZE) % options.processes]?.push(batch);
  }
  const children = shares.map((batches) => {
    const process = fork(import.meta.filename, { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
    process.send({ model: options.model, passes: options.passes, batches } satisfies Task);
    return process;
  });
  await Promise.all(children.map(nextMessage));
  const began = performance.now();
  const used = await Promise.all(
    children.map((process) => {
      const answer = nextMessage(process);
      process.send('go');
      return answer;
    }),
  );
  return {
    seconds: (performance.now() - began) / 1000,
    cpu: used.reduce<number>((sum, part) => sum + Number(part), 0),
  };
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) await child();
