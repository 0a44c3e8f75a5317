import {
  type HubPlace,
  type InstalledRecord,
  importModel,
  installedFolder,
  pullModel,
  readRecord,
  verifyFiles,
} from '../../workers/installed/install-model.ts';
import { listInstalled } from '../../workers/installed/list-installed.ts';
import { ModelError } from '../../workers/installed/model-error.ts';
import { downloadSize, modelNamed, type RegistryModel, readRegistry } from '../../workers/installed/model-registry.ts';
import { loadModel } from '../../workers/load-model.ts';
import type { Finding } from '../diagnostics/finding.ts';
import { checkCaption } from '../diagnostics/model-checks.ts';

/** A line of `models list`. */
export interface ListedModel {
  readonly name: string;
  readonly installed: boolean;
  readonly goodAt: string;
  readonly languages: readonly string[];
  readonly licence: string;
  /** Bytes to download, roughly; 0 where it is not known. */
  readonly download: number;
  readonly memoryMB: number | null;
  readonly quality: string;
}

/** The models of the registry, and those that were imported. */
export async function listModels(registry?: readonly RegistryModel[]): Promise<readonly ListedModel[]> {
  const known = registry ?? (await readRegistry());
  const installed = await listInstalled();
  const own = known.map((model) => ({
    name: model.name,
    installed: installed.includes(model.name),
    goodAt: model.goodAt,
    languages: model.languages,
    licence: model.licence.name,
    download: downloadSize(model),
    memoryMB: model.memoryMB,
    quality: model.quality,
  }));
  const imported = installed
    .filter((name) => !known.some((model) => model.name === name))
    .map((name) => ({
      ...{ name, installed: true, goodAt: 'imported', languages: [], licence: 'see its folder', download: 0 },
      ...{ memoryMB: null, quality: 'unknown' },
    }));
  return [...own, ...imported];
}

/** Captions the built-in picture with the model of a folder. Throws a ModelError `model-nonsense` where that fails. */
export async function tryOut(folder: string, signal: AbortSignal): Promise<Finding> {
  const finding = await checkCaption(await loadModel(folder), signal);
  if (finding.state === 'fail') {
    throw new ModelError('model-nonsense', `The model in ${folder} cannot be used: ${finding.message}.`);
  }
  return finding;
}

/** What {@link pull} and {@link importFolder} tell their front end. */
export interface PullHost {
  readonly signal: AbortSignal;
  readonly onProgress: (file: string, done: number, total: number | undefined) => void;
  /** What the model wrote about the built-in picture. */
  readonly onTried: (message: string) => void;
}

/** How {@link pull} installs. */
export interface PullRequest {
  readonly from?: string | undefined;
  readonly acceptLicence?: boolean;
  readonly hub?: HubPlace;
  readonly registry?: readonly RegistryModel[];
  readonly retryMs?: number;
}

function trying({ signal, onTried }: PullHost): (folder: string) => Promise<void> {
  return async (folder) => onTried((await tryOut(folder, signal)).message);
}

/** Installs a model of the registry. Throws a ModelError, an OutputError or a BundleError. */
export async function pull(name: string, request: PullRequest, host: PullHost): Promise<InstalledRecord> {
  const { registry, ...rest } = request;
  const model = modelNamed(registry ?? (await readRegistry()), name);
  const { signal, onProgress } = host;
  return pullModel(model, { ...rest, signal, onProgress, tryOut: trying(host) });
}

/** Installs a copy of a folder. Throws a ModelError, an OutputError or a BundleError. */
export function importFolder(folder: string, name: string, host: PullHost): Promise<InstalledRecord> {
  return importModel(folder, name, { signal: host.signal, tryOut: trying(host) });
}

/** Compares an installed model's files with those that were installed, and tries it. Throws what is wrong with it. */
export async function verifyModel(name: string, signal: AbortSignal): Promise<string> {
  const folder = await installedFolder(name);
  const files = await verifyFiles(name);
  const { message } = await tryOut(folder, signal);
  const origin = (await readRecord(folder))?.origin ?? 'unknown origin';
  const compared = files === 0 ? 'an imported folder, nothing to compare with' : `${files} files unchanged`;
  return `${name} (${origin}): ${compared}; ${message}`;
}
