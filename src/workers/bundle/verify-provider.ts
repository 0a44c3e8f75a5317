import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bundle, Provider } from './bundle.ts';
import { openEngine } from './engine.ts';

/** How often each of onnxruntime's execution providers, by its own name (`CPUExecutionProvider`), ran an operator. */
export type OperatorPlacement = Readonly<Record<string, number>>;

/** What onnxruntime calls its providers in its records. */
export const PROVIDER_NAMES: Readonly<Record<Provider, string>> = {
  cpu: 'CPUExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
};

const eventsSchema = z.array(
  z.looseObject({ args: z.looseObject({ provider: z.string().exactOptional() }).optional() }),
);

/**
 * Captions a grey picture with both looks and counts, in onnxruntime's own records of the runs, who ran what: a session
 * that was asked for a GPU may leave operators, or all of them, to the CPU without a word. To be called in a process of
 * its own: a broken driver takes it along.
 * @throws BundleError where the graphs cannot be loaded on the bundle's provider
 */
export async function verifyProvider(bundle: Bundle): Promise<OperatorPlacement> {
  const profiles = await mkdtemp(join(tmpdir(), 'secondglance-prove-'));
  try {
    const engine = await openEngine(bundle, { profiles });
    const { width, height } = bundle.image;
    try {
      await engine.write([new Uint8Array(width * height * 3).fill(128)], { passes: 2 });
    } finally {
      await engine.release();
    }
    const runs: Record<string, number> = {};
    for (const file of await readdir(profiles)) {
      const events = eventsSchema.parse(JSON.parse(await readFile(join(profiles, file), 'utf8')));
      for (const { args } of events) {
        if (args?.provider !== undefined) runs[args.provider] = (runs[args.provider] ?? 0) + 1;
      }
    }
    return runs;
  } finally {
    await rm(profiles, { recursive: true, force: true });
  }
}
