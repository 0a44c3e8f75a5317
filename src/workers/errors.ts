import type { BUNDLE_ERRORS, WORKER_ERRORS } from '../core/catalogue/model-errors.ts';
import { SecondGlanceError } from '../core/errors.ts';

/** Codes of {@link BundleError}. */
export type BundleErrorCode = keyof typeof BUNDLE_ERRORS;

/** A bundle that cannot be used. */
export class BundleError extends SecondGlanceError<BundleErrorCode> {}

/** Codes of {@link WorkerError}. */
export type WorkerErrorCode = keyof typeof WORKER_ERRORS;

/** A failure of an inference process or of the model in it. */
export class WorkerError extends SecondGlanceError<WorkerErrorCode> {}
