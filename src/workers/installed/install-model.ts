import { access, copyFile, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../../core/errors.ts';
import { OutputError, outputError } from '../../storage/errors.ts';
import { lockFile } from '../../storage/file-lock.ts';
import { ensureFolder } from '../../storage/folders/ensure-folder.ts';
import { FAMILIES } from '../families/families.ts';
import { installedModels } from '../families/model-folders.ts';
import { checkFile, downloadFile, hashFile } from './download-file.ts';
import { ModelError } from './model-error.ts';
import type { RegistryFile, RegistryModel } from './model-registry.ts';

/** What the folder of an installed model says about itself. */
export const RECORD = 'installed.json';

const recordSchema = z.object({
  name: z.string(),
  /** `owner/name` on the hub, or the folder that it was imported from. */
  origin: z.string(),
  /** The commit, where the hub said. */
  commit: z.string().optional(),
  files: z.array(z.object({ path: z.string(), size: z.int(), sha256: z.string() })),
});
/** An installed model. */
export type InstalledRecord = z.infer<typeof recordSchema>;

/** Environment variables of the hub. */
export interface HubPlace {
  /** `HF_ENDPOINT` */
  readonly endpoint: string;
  /** `HF_TOKEN` */
  readonly token: string | undefined;
}

/** Where the hub is, as the environment says. */
export function hubPlace(env: NodeJS.ProcessEnv = process.env): HubPlace {
  const endpoint = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  return { endpoint, token: env.HF_TOKEN || env.HF_ACCESS_TOKEN || undefined };
}

/** How a model is installed. */
export interface InstallOptions {
  readonly signal: AbortSignal;
  /** Called while a file arrives. */
  readonly onProgress: (file: string, done: number, total: number | undefined) => void;
  /** Captions a built-in picture with the model of a folder before it is installed; throws where the answer is no caption. */
  readonly tryOut: (folder: string) => Promise<void>;
  readonly hub?: HubPlace;
  /** A folder that has the files already. */
  readonly from?: string | undefined;
  readonly acceptLicence?: boolean;
  readonly retryMs?: number;
}

/** The record of an installed model; undefined where there is none. */
export async function readRecord(folder: string): Promise<InstalledRecord | undefined> {
  const text = await readFile(join(folder, RECORD), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Does `act` while no other process installs the same model. */
async function whileLocked<T>(name: string, act: (work: string, target: string) => Promise<T>): Promise<T> {
  const folder = installedModels();
  await ensureFolder(folder);
  const work = join(folder, `.${name}.pull`);
  await ensureFolder(work);
  const lock = await lockFile(work).catch((cause: unknown) => {
    if (!(cause instanceof OutputError) || cause.code !== 'journal-busy') throw cause;
    throw new ModelError('model-busy', `Another process is installing ${name}: wait for it to end.`, { cause });
  });
  try {
    return await act(work, join(folder, name));
  } finally {
    await lock.release();
  }
}

/** Puts a complete folder in the place of the model. */
async function publish(work: string, target: string, record: InstalledRecord): Promise<InstalledRecord> {
  await writeFile(join(work, RECORD), `${JSON.stringify(record, undefined, 2)}\n`);
  const old = `${target}.old`;
  await rm(old, { recursive: true, force: true });
  if (await exists(target)) await rename(target, old);
  await rename(work, target);
  await rm(old, { recursive: true, force: true });
  return record;
}

async function copyIn(from: string, path: string, file: RegistryFile): Promise<{ size: number; sha256: string }> {
  await mkdir(dirname(path), { recursive: true });
  // A hub's own file name without its folder will do too.
  const places = [join(from, file.path), join(from, file.path.replace(/^.*\//, ''))];
  for (const place of places) {
    if (!(await exists(place))) continue;
    await copyFile(place, path).catch((error: unknown) => {
      throw outputError(error, `write ${path}`);
    });
    return checkFile(path, file);
  }
  throw new ModelError('model-gone', `${places[0]} does not exist: copy all files of the model into ${from}.`);
}

/** Installs a model of the registry: from the hub, or from a folder. Throws a ModelError, an OutputError, or what `tryOut` throws. */
export async function pullModel(model: RegistryModel, options: InstallOptions): Promise<InstalledRecord> {
  const { name, repo, revision, files, licence } = model;
  const { signal, onProgress, tryOut, from, acceptLicence = false, hub = hubPlace(), retryMs } = options;
  if (!licence.open && !acceptLicence) {
    throw new ModelError(
      'model-licence',
      `${name} has the licence ${licence.name}, which is not an open one: read it at ${hub.endpoint}/${repo}, and add --accept-licence.`,
    );
  }
  return whileLocked(name, async (work, target) => {
    let commit: string | undefined;
    const have: { path: string; size: number; sha256: string }[] = [];
    for (const file of files) {
      signal.throwIfAborted();
      const path = join(work, file.path);
      if (from !== undefined) {
        have.push({ path: file.path, ...(await copyIn(resolve(from), path, file)) });
        continue;
      }
      // Files without a known hash are pulled again: an earlier attempt may have seen another revision.
      if (file.sha256 !== undefined && (await exists(path))) {
        const kept = await checkFile(path, file).catch(() => undefined);
        if (kept !== undefined) {
          have.push({ path: file.path, ...kept });
          continue;
        }
      }
      const url = `${hub.endpoint}/${repo}/resolve/${revision}/${file.path}`;
      const got = await downloadFile(url, path, file, {
        ...{ token: hub.token, signal },
        onProgress: (done, total) => onProgress(file.path, done, total),
        ...(retryMs === undefined ? {} : { retryMs }),
      });
      if (commit !== undefined && got.commit !== undefined && got.commit !== commit) {
        throw new ModelError('model-moved', `The revision ${revision} of ${repo} moved during the pull: pull again.`);
      }
      commit ??= got.commit;
      have.push({ path: file.path, size: got.size, sha256: got.sha256 });
    }
    await tryOut(work);
    return publish(work, target, { name, origin: repo, ...(commit === undefined ? {} : { commit }), files: have });
  });
}

/** Installs a copy of a folder in the hub's layout, or of a bundle. Throws a ModelError, an OutputError, or what `tryOut` throws. */
export async function importModel(
  folder: string,
  name: string,
  { signal, tryOut }: Pick<InstallOptions, 'signal' | 'tryOut'>,
): Promise<InstalledRecord> {
  const from = resolve(folder);
  let known = false;
  for (const family of FAMILIES) known ||= await family.recognises(from);
  if (!known) {
    throw new ModelError(
      'model-unknown',
      `${from} holds no model of a known family: its config.json has to name one of the model types in docs/models.md.`,
    );
  }
  return whileLocked(name, async (work, target) => {
    await rm(work, { recursive: true, force: true });
    await cp(from, work, { recursive: true, filter: (path) => !path.includes('/.git') }).catch((error: unknown) => {
      throw outputError(error, `copy ${from}`);
    });
    signal.throwIfAborted();
    await tryOut(work);
    return publish(work, target, { name, origin: from, files: [] });
  });
}

/**
 * Compares an installed model with what was installed.
 * @returns how many files were compared
 * @throws ModelError `model-not-installed`, `model-checksum`
 */
export async function verifyFiles(name: string): Promise<number> {
  const folder = await installedFolder(name);
  const record = await readRecord(folder);
  for (const { path, size, sha256 } of record?.files ?? []) {
    const file = join(folder, path);
    const found = await stat(file).catch(() => undefined);
    if (found?.size !== size || (await hashFile(file)) !== sha256) {
      throw new ModelError('model-checksum', `${file} was changed or is missing: pull ${name} again.`);
    }
  }
  return record?.files.length ?? 0;
}

/** The folder of an installed model. Throws a ModelError `model-not-installed`. */
export async function installedFolder(name: string): Promise<string> {
  const folder = join(installedModels(), name);
  if (/^[a-z0-9-]+$/.test(name) && (await exists(folder))) return folder;
  throw new ModelError(
    'model-not-installed',
    `${name} is not installed: secondglance models pull ${name}, or models list.`,
  );
}

/** Removes an installed model, and what an unfinished pull of it has left. Throws a ModelError `model-not-installed`. */
export async function removeModel(name: string): Promise<void> {
  const work = join(installedModels(), `.${name}.pull`);
  const unfinished = /^[a-z0-9-]+$/.test(name) && (await exists(work));
  const folder = await installedFolder(name).catch((error: unknown) => {
    if (!unfinished) throw error;
    return undefined;
  });
  for (const path of [folder, unfinished ? work : undefined]) {
    if (path === undefined) continue;
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw outputError(error, `remove ${path}`);
    });
  }
}
