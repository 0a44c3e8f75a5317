import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { errnoOf } from '../../core/errors.ts';
import type { ImageSpec, ModelIdentity } from '../../core/types.ts';
import { BundleError } from '../errors.ts';
import { type GraphName, type Manifest, parseManifest } from './manifest.ts';

/** The bundle that is used where none is named. */
export const DEFAULT_BUNDLE = 'flickr-small';

/** The package's own bundles: the same two steps up from src/workers and from dist/workers. */
const MODELS = fileURLToPath(new URL('../../../models/', import.meta.url));
const MANIFEST = 'bundle.json';

/** Which of onnxruntime's execution providers runs the graphs; a bundle may have graphs of its own for one. */
export type Provider = 'cpu' | 'cuda' | 'webgpu';

/** A bundle whose files are all there and are the ones that its bundle.json names. */
export interface Bundle {
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly provider: Provider;
  readonly manifest: Manifest;
  readonly model: ModelIdentity;
  readonly image: ImageSpec;
  /** Absolute paths. */
  readonly files: Readonly<Record<Exclude<GraphName, 'rewriter'> | 'tokenizer', string>> & {
    readonly rewriter?: string;
  };
  /** Absolute paths of the graphs' weights, where they stand in files of their own. */
  readonly data: readonly string[];
}

/** Where a bundle's folder is: a bare name means one of the package's own, anything with a path in it that folder. */
function folderOf(nameOrPath: string): string {
  return /^[a-z0-9-]+$/.test(nameOrPath) ? join(MODELS, nameOrPath) : resolve(nameOrPath);
}

function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR';
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

/** Streams a file through SHA-256: graphs may be larger than one wants in memory at once. */
async function checkFile(folder: string, { file, sha256 }: { file: string; sha256: string }): Promise<string> {
  const path = join(folder, file);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    if (isMissing(cause)) {
      throw new BundleError('bundle-file-missing', `${path} is missing: fetch the bundle again.`, { cause });
    }
    throw new BundleError('bundle-unreadable', `${path} cannot be read (${errnoOf(cause)}): check its permissions.`, {
      cause,
    });
  }
  const found = hash.digest('hex');
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
 * Finds a bundle, checks its description, and compares every file it needs with its SHA-256.
 * @param nameOrPath a bare name (`flickr-small`) for one of the package's own, or the path of a bundle's folder
 * @throws BundleError saying what is wrong, where, and what to do
 */
export async function loadBundle(nameOrPath: string, options: { provider?: Provider } = {}): Promise<Bundle> {
  const folder = folderOf(nameOrPath);
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
  return {
    folder,
    provider,
    manifest,
    model: { name, version, sha256: createHash('sha256').update(bytes).digest('hex') },
    image: { width, height, resize, filter, matrix },
    files: {
      tokenizer: await checkFile(folder, tokenizer),
      encoder: await check(graphs.encoder),
      deeplens: await check(graphs.deeplens),
      decoder: await check(graphs.decoder),
      ...(graphs.rewriter === undefined ? {} : { rewriter: await check(graphs.rewriter) }),
    },
    data,
  };
}

/** The package's own bundles, in order of name. They are not checked: {@link loadBundle} does that. */
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
