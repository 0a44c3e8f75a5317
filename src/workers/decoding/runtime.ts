import { createRequire } from 'node:module';
import { z } from 'zod';

/** The installed version of onnxruntime-node, read from its package.json so that the library is not loaded for it. */
export function runtimeVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return z.object({ version: z.string() }).parse(manifest).version;
}
