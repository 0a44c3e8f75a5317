import module from 'node:module';
import path from 'node:path';

/** What newer Node releases have; the types are those of the oldest one that is supported. */
interface CompileCache {
  /** From Node 22.1 on. Does not throw. */
  readonly enableCompileCache?: (folder: string) => unknown;
}

/**
 * Keeps compiled code in the state folder, so that later runs start faster: this process's, and through its environment that of
 * the processes that it starts. Does nothing where Node cannot, or where `NODE_COMPILE_CACHE` says where to keep it.
 */
export async function keepCompiledCode(): Promise<void> {
  const { enableCompileCache } = module as CompileCache;
  if (enableCompileCache === undefined || process.env.NODE_COMPILE_CACHE !== undefined) return;
  const { stateDir } = await import('./state-folder.ts');
  const folder = path.join(stateDir(), 'compiled');
  enableCompileCache(folder);
  process.env.NODE_COMPILE_CACHE = folder;
}
