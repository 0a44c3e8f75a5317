import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fetch } from 'undici';
import { errnoOf, sentenceOf } from '../../core/errors.ts';
import { hideSecrets } from '../../core/text/secrets.ts';
import { exponentialBackoff } from '../../core/time/backoff.ts';
import { sleep } from '../../core/time/sleep.ts';
import { outputError } from '../../storage/errors.ts';
import { dispatcherFor } from '../network/dispatcher.ts';
import { ModelError } from './model-error.ts';
import type { RegistryFile } from './model-registry.ts';

/** A connection that brings nothing for so long is given up and begun again where it stopped. */
const SILENCE_MS = 60_000;
const ATTEMPTS = 5;

/** How a file is downloaded. */
export interface DownloadOptions {
  readonly token: string | undefined;
  readonly signal: AbortSignal;
  /** Bytes so far and in all, where the server says. */
  readonly onProgress: (done: number, total: number | undefined) => void;
  /** Before the first retry; doubled for each. */
  readonly retryMs?: number;
}

/** A file as it was downloaded. */
export interface Downloaded {
  readonly size: number;
  readonly sha256: string;
  /** The commit that the hub served it from, where it says. */
  readonly commit: string | undefined;
}

/** SHA-256 of a file. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

function statusProblem(status: number, place: string, token: string | undefined): ModelError {
  if (status === 401 || status === 403) {
    const how =
      token === undefined ? 'set HF_TOKEN to a token of yours' : 'check HF_TOKEN, and accept its terms on its page';
    return new ModelError('model-gated', `${place} is not open to everybody (${status}): ${how}.`);
  }
  if (status === 404) return new ModelError('model-gone', `${place} does not exist: the model was moved or renamed.`);
  if (status === 429) return new ModelError('hub-busy', `${place}: the hub is limiting requests.`);
  if (status >= 500) return new ModelError('hub-unreachable', `${place}: the hub answered ${status}.`);
  return new ModelError('hub-refused', `${place}: the hub answered ${status}.`);
}

/** Checks a complete file. Throws a ModelError `model-checksum`. */
export async function checkFile(path: string, file: RegistryFile): Promise<{ size: number; sha256: string }> {
  const size = await sizeOf(path);
  if (file.size !== undefined && size !== file.size) {
    throw new ModelError(
      'model-checksum',
      `${path} has ${size} bytes instead of ${file.size}: it is incomplete, or the revision has moved.`,
    );
  }
  const sha256 = await hashFile(path);
  if (file.sha256 !== undefined && sha256 !== file.sha256) {
    throw new ModelError(
      'model-checksum',
      `${path} is not the file that secondglance knows (sha256 ${sha256.slice(0, 12)}…, expected ${file.sha256.slice(0, 12)}…): it is damaged, or the revision has moved.`,
    );
  }
  return { size, sha256 };
}

interface Part {
  readonly commit: string | undefined;
  /** True once the server has sent everything. */
  readonly complete: boolean;
}

/** One request: appends to the part that is there. */
async function fetchPart(url: string, part: string, options: DownloadOptions): Promise<Part> {
  const { token, signal, onProgress } = options;
  const begun = await sizeOf(part);
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const dispatcher = dispatcherFor(url);
  try {
    const response = await fetch(url, {
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(begun === 0 ? {} : { range: `bytes=${begun}-` }),
      },
      dispatcher,
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const commit = response.headers.get('x-repo-commit') ?? undefined;
    // The part has everything already.
    if (response.status === 416) return { commit, complete: true };
    if (response.status !== 200 && response.status !== 206)
      throw statusProblem(response.status, hideSecrets(url), token);
    const goesOn = response.status === 206;
    const length = Number(response.headers.get('content-length'));
    let done = goesOn ? begun : 0;
    const total = length > 0 ? done + length : undefined;
    const file = await open(part, goesOn ? 'a' : 'w');
    try {
      onProgress(done, total);
      for await (const chunk of response.body ?? []) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        await file.write(chunk).catch((error: unknown) => {
          throw outputError(error, `write ${part}`);
        });
        done += chunk.length;
        onProgress(done, total);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { commit, complete: total === undefined || done >= total };
  } finally {
    clearTimeout(timer);
    await dispatcher.destroy();
  }
}

/**
 * Downloads a file, resumes a part that an earlier attempt left, checks size and hash, and only then gives the file its name.
 * @throws ModelError, OutputError, the signal's reason
 */
export async function downloadFile(
  url: string,
  path: string,
  file: RegistryFile,
  options: DownloadOptions,
): Promise<Downloaded> {
  const { signal, retryMs = 1000 } = options;
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw outputError(error, `create the folder of ${path}`);
  });
  let commit: string | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      const got = await fetchPart(url, part, options);
      commit = got.commit;
      if (got.complete) break;
      throw new ModelError('hub-unreachable', `${hideSecrets(url)}: the connection ended early.`);
    } catch (error) {
      signal.throwIfAborted();
      const known = error instanceof ModelError || (error instanceof Error && 'retryable' in error);
      const problem = known
        ? error
        : new ModelError(
            'hub-unreachable',
            `${hideSecrets(url)} cannot be reached (${reasonOf(error)}): check the network, HTTPS_PROXY and HF_ENDPOINT.`,
            { cause: error },
          );
      const again = problem instanceof ModelError && problem.retryable;
      if (!again || attempt === ATTEMPTS) throw problem;
      await sleep(exponentialBackoff(attempt, retryMs, 30_000), signal);
    }
  }
  let checked: { size: number; sha256: string };
  try {
    checked = await checkFile(part, file);
  } catch (error) {
    // A wrong part must not be continued by the next attempt.
    await rename(part, `${path}.wrong`);
    throw error;
  }
  await rename(part, path);
  return { ...checked, commit };
}

function reasonOf(error: unknown): string {
  let at: unknown = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return errnoOf(at) ?? sentenceOf(at);
}
