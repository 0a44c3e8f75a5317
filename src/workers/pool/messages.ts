import type { Detail } from '../../config/settings-schema.ts';
import type { FailureDetail } from '../../core/errors.ts';
import type { Caption, Group } from '../../core/types.ts';
import type { CaptionOptions } from '../captioner.ts';
import { BundleError, type BundleErrorCode, WorkerError, type WorkerErrorCode } from '../errors.ts';
import type { Provider } from '../families/family.ts';
import type { OperatorPlacement } from '../families/verify-provider.ts';
import type { KnownHash } from '../hash-file.ts';

/** Loads a model; comes before the first group. */
export interface OpenRequest {
  readonly type: 'open';
  readonly folder: string;
  readonly provider: Provider;
  readonly detail: Detail;
  /** The model's SHA-256 as the parent read it: the child must find the same. */
  readonly sha256: string;
  /** Files that the parent has read, which the child need not read to check them. */
  readonly hashes: readonly KnownHash[];
}

/** Captions one group. */
export interface CaptionRequest {
  readonly type: 'caption';
  readonly group: Group;
  readonly options: CaptionOptions;
}

/** Runs a model's graphs and reports what ran them, see `verify-provider.ts`. */
export interface VerifyRequest {
  readonly type: 'verify';
  readonly folder: string;
  readonly provider: Provider;
}

/** A message to an inference process. */
export type Request = OpenRequest | CaptionRequest | VerifyRequest;

/** An error as a message: structured cloning keeps neither its class nor its code. */
export type Thrown = { readonly message: string; readonly detail: FailureDetail } & (
  | { readonly kind: 'bundle'; readonly code: BundleErrorCode }
  | { readonly kind: 'worker'; readonly code: WorkerErrorCode }
);

/** The answer to a request; `failed` to any of them. */
export type Answer =
  | { readonly type: 'ready' }
  | { readonly type: 'captions'; readonly captions: Caption[] }
  | { readonly type: 'verified'; readonly operators: OperatorPlacement }
  | { readonly type: 'failed'; readonly thrown: Thrown };

/** Packs anything thrown. What is neither a BundleError nor a WorkerError came out of the model. */
export function packError(error: unknown): Thrown {
  const detail = error instanceof BundleError || error instanceof WorkerError ? error.detail : {};
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BundleError) return { kind: 'bundle', code: error.code, message, detail };
  if (error instanceof WorkerError) return { kind: 'worker', code: error.code, message, detail };
  return { kind: 'worker', code: 'inference-failed', message: `the model failed: ${message}`, detail };
}

/** Unpacks what {@link packError} packed. */
export function unpackError(thrown: Thrown): BundleError | WorkerError {
  const { message, detail } = thrown;
  if (thrown.kind === 'bundle') return new BundleError(thrown.code, message, { detail });
  return new WorkerError(thrown.code, message, { detail });
}
