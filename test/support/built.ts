import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { program } from '../cli/support/program.ts';

/** The folder of the built program, for child processes that import from it. */
export async function builtFolder(): Promise<string> {
  return path.dirname(path.dirname(await program()));
}

/**
 * Imports a module of the built program, such as `workers/pool/pool.js`: its child processes start in a quarter of a second,
 * where those of the sources compile them first.
 */
export async function built<Module>(name: string): Promise<Module> {
  return (await import(pathToFileURL(path.join(await builtFolder(), name)).href)) as Module;
}
