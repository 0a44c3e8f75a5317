import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errnoOf, isMissing } from '../../core/errors.ts';
import { BundleError } from '../errors.ts';
import type { LocalModel, Provider } from '../families/family.ts';
import { hashFile } from '../hash-file.ts';
import { type GraphName, type Manifest, parseManifest } from './manifest.ts';
import { SUCCESSORS } from './successors.ts';

/** The bundle that is used by default. */
export const DEFAULT_BUNDLE = 'everyday-small';

/** The package's own bundles. The path is the same from src/workers/bundle and from dist/workers/bundle. */
const MODELS = fileURLToPath(new URL('../../../models/', import.meta.url));
/** The file that describes a bundle. */
export const MANIFEST = 'bundle.json';

/** A bundle whose files are complete and have the checksums in its bundle.json. */
export interface Bundle extends LocalModel {
  readonly manifest: Manifest;
  /** Absolute paths; undefined for an optional graph that the bundle does not have. */
  readonly files: Readonly<Record<'encoder' | 'deeplens' | 'decoder' | 'tokenizer', string>> &
    Readonly<Partial<Record<'secondDecoder' | 'detail', string>>>;
  /** Absolute paths of external weights. */
  readonly data: readonly string[];
}

/** True for a name, false for a path. */
export function isModelName(nameOrPath: string): boolean {
  return /^[a-z0-9-]+$/.test(nameOrPath);
}

/** A bundle's folder: a bare name means one of the package's own bundles, anything else is a path. */
export function bundleFolder(nameOrPath: string): string {
  return isModelName(nameOrPath) ? join(MODELS, SUCCESSORS.get(nameOrPath) ?? nameOrPath) : resolve(nameOrPath);
}

async function readManifest(nameOrPath: string, folder: string): Promise<Buffer> {
  const path = join(folder, MANIFEST);
  try {
    return await readFile(path);
  } catch (cause) {
    if (!isMissing(cause)) {
      throw new BundleError('bundle-unreadable', `${path} cannot be read (${errnoOf(cause)}): check its permissions.`, {
        cause,
      });
    }
    const known = (await listBundles()).map(({ name }) => name);
    const hint = known.length === 0 ? 'no bundle is installed' : `installed: ${known.join(', ')}`;
    throw new BundleError(
      'bundle-missing',
      `There is no bundle ${nameOrPath}: ${path} does not exist (${hint}). Give an installed name, or a folder as ./name.`,
      { cause },
    );
  }
}

/** Checks a file against its SHA-256. */
async function checkFile(folder: string, { file, sha256 }: { file: string; sha256: string }): Promise<string> {
  const path = join(folder, file);
  const found = await hashFile(path).catch((cause: unknown) => {
    if (isMissing(cause)) {
      throw new BundleError('bundle-file-missing', `${path} is missing: fetch the bundle again.`, { cause });
    }
    throw new BundleError('bundle-unreadable', `${path} cannot be read (${errnoOf(cause)}): check its permissions.`, {
      cause,
    });
  });
  if (found !== sha256) {
    throw new BundleError(
      'bundle-checksum',
      `${path} is damaged or not the file that ${MANIFEST} names ` +
        `(sha256 ${found.slice(0, 12)}…, expected ${sha256.slice(0, 12)}…): fetch the bundle again.`,
    );
  }
  return path;
}

/**
 * Finds a bundle, checks its bundle.json, and checks every file it needs against its SHA-256.
 * @param nameOrPath a bare name (`everyday-small`) for one of the package's own, or the path of a bundle's folder
 * @throws BundleError
 */
export async function loadBundle(nameOrPath: string, options: { provider?: Provider } = {}): Promise<Bundle> {
  const folder = bundleFolder(nameOrPath);
  const provider = options.provider ?? 'cpu';
  const bytes = await readManifest(nameOrPath, folder);
  const manifest = parseManifest(bytes.toString('utf8'), join(folder, MANIFEST));
  const { name, version, graphs, tokenizer } = manifest;
  const { width, height, resize, filter, matrix } = manifest.image;
  const data: string[] = [];
  const check = async (graph: NonNullable<Manifest['graphs'][GraphName]>): Promise<string> => {
    const own = graph[provider] ?? graph.default;
    for (const weights of own.data) data.push(await checkFile(folder, weights));
    return checkFile(folder, own);
  };
  const files = {
    tokenizer: await checkFile(folder, tokenizer),
    encoder: await check(graphs.encoder),
    deeplens: await check(graphs.deeplens),
    decoder: await check(graphs.decoder),
    ...(graphs.secondDecoder === undefined ? {} : { secondDecoder: await check(graphs.secondDecoder) }),
    ...(graphs.detail === undefined ? {} : { detail: await check(graphs.detail) }),
  };
  return {
    folder,
    provider,
    detail: 'brief',
    manifest,
    model: { name, version, sha256: createHash('sha256').update(bytes).digest('hex') },
    image: { width, height, resize, filter, matrix },
    minConfidence: manifest.generation.minConfidence,
    captionsFlat: manifest.generation.captionsFlat,
    files,
    data,
    fileCount: Object.keys(files).length + data.length,
  };
}

/** The package's own bundles, sorted by name. Their files are not checked; {@link loadBundle} does that. */
export async function listBundles(): Promise<{ name: string; folder: string }[]> {
  const found = await readdir(MODELS, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const bundles: { name: string; folder: string }[] = [];
  for (const entry of found) {
    const folder = join(MODELS, entry.name);
    if (entry.isDirectory() && (await readdir(folder)).includes(MANIFEST)) bundles.push({ name: entry.name, folder });
  }
  return bundles.sort((a, b) => (a.name < b.name ? -1 : 1));
}
