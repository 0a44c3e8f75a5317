import { createRequire } from 'node:module';
import { z } from 'zod';

/** The installed version of onnxruntime-node, read from its package: loading the parent has no need of the library itself. */
export function runtimeVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return z.object({ version: z.string() }).parse(manifest).version;
}
