import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { program } from '../cli/support/program.ts';

/**
 * Imports a module of the built program, such as `workers/pool/pool.js`: its child processes start in a quarter of a second,
 * where those of the sources compile them first.
 */
export async function built<Module>(name: string): Promise<Module> {
  const dist = path.dirname(path.dirname(await program()));
  return (await import(pathToFileURL(path.join(dist, name)).href)) as Module;
}
