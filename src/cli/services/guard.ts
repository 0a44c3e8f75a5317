import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { SecondGlanceError } from '../../core/errors.ts';
import { asInputError } from '../../ingest/sources.ts';
import type { Settings } from '../config/settings.ts';
import { UsageError } from '../exit.ts';
import type { Guard } from './service.ts';

/** A job asks for what services of this site may not touch. */
export class NotAllowedError extends SecondGlanceError<'not-allowed'> {
  constructor(what: string, setting: string) {
    super('not-allowed', `${what} may not be used by this service: it is not among what ${setting} allows`);
  }
}

function inside(file: string, roots: readonly string[]): boolean {
  return roots.some((root) => file === root || file.startsWith(root.endsWith('/') ? root : `${root}/`));
}

/** The nearest folder above `file` that exists, with links resolved, and what is to come below it. */
async function futurePath(file: string): Promise<string> {
  const rest: string[] = [];
  for (let at = path.resolve(file); ; at = path.dirname(at)) {
    const real = await realpath(at).catch(() => undefined);
    if (real !== undefined) return path.join(real, ...rest);
    rest.unshift(path.basename(at));
    if (path.dirname(at) === at) return file;
  }
}

/** Throws a UsageError where there is no such folder. */
function rootOf(folder: string): Promise<string> {
  return realpath(folder).catch((cause: unknown) => {
    throw new UsageError(`the allowed path ${folder} does not exist`, { cause });
  });
}

/** Lets through what lies in an allowed root, links resolved, and addresses that begin as allowed. Nothing else. */
export async function openGuard(settings: Settings): Promise<Guard> {
  const allowPaths = await Promise.all(settings.allowPaths.map(rootOf));
  const { allowUrls } = settings;
  const checked = (file: string, real: string): string => {
    if (!inside(real, allowPaths)) throw new NotAllowedError(file, 'SECONDGLANCE_ALLOW_PATHS');
    return real;
  };
  return {
    async path(file) {
      // Refused before it is looked at, so that nobody learns what is there outside.
      checked(file, await futurePath(file));
      const real = await realpath(file).catch((error: unknown) => {
        throw asInputError(error, file);
      });
      return checked(file, real);
    },
    async outputPath(file) {
      return checked(file, await futurePath(file));
    },
    async url(address) {
      const { href, protocol } = new URL(address);
      const allowed = allowUrls.some((start) => href.startsWith(new URL(start).href));
      if (!allowed || !/^https?:$/.test(protocol)) throw new NotAllowedError(address, 'SECONDGLANCE_ALLOW_URLS');
    },
  };
}
