import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Keyframe } from '../../core/types.ts';
import type { Provider, RunnableModel } from './family.ts';

/** How many operators each execution provider ran, by onnxruntime's name of it (`CPUExecutionProvider`). */
export type OperatorPlacement = Readonly<Record<string, number>>;

/** The names of the providers in onnxruntime's profiles. */
export const PROVIDER_NAMES: Readonly<Record<Provider, string>> = {
  cpu: 'CPUExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
};

const eventsSchema = z.array(
  z.looseObject({ args: z.looseObject({ provider: z.string().exactOptional() }).optional() }),
);

/**
 * Captions a grey picture in two passes and counts, in onnxruntime's profile, which provider ran each operator: onnxruntime may silently
 * move operators, or all of them, from a GPU to the CPU. To be called in a process of its own, which a broken driver may crash.
 * @throws BundleError where the graphs cannot be loaded on the model's provider
 */
export async function verifyProvider(model: RunnableModel): Promise<OperatorPlacement> {
  const profiles = await mkdtemp(join(tmpdir(), 'secondglance-verify-'));
  try {
    const engine = await model.open({ profiles });
    const { width, height } = model.image;
    const pixels = new Uint8Array(width * height * 3).fill(128);
    const grey: Keyframe = { video: 'grey', index: 0, pts: 0, still: false, width, height, pixels };
    try {
      await engine.caption({ video: 'grey', index: 0, keyframes: [grey] }, { passes: 2 });
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
