import { ARCHIVE_ERRORS, WATCH_ERRORS } from './archive-errors.ts';
import type { CatalogueEntry } from './entry.ts';
import { ACCESS_ERRORS, INGEST_ERRORS } from './ingest-errors.ts';
import { BUNDLE_ERRORS, MODEL_ERRORS, SERVER_ERRORS, WORKER_ERRORS } from './model-errors.ts';
import {
  CAPTIONING_ERRORS,
  EXISTS_ERRORS,
  EXPLAIN_ERRORS,
  OUTPUT_ERRORS,
  STEPS_ERRORS,
  TRACK_ERRORS,
} from './output-errors.ts';
import { COMMAND_ERRORS, QUEUE_ERRORS } from './service-errors.ts';
import { WEB_ERRORS } from './web-errors.ts';

const ENTRIES = {
  ...COMMAND_ERRORS,
  ...INGEST_ERRORS,
  ...ACCESS_ERRORS,
  ...BUNDLE_ERRORS,
  ...WORKER_ERRORS,
  ...SERVER_ERRORS,
  ...MODEL_ERRORS,
  ...CAPTIONING_ERRORS,
  ...TRACK_ERRORS,
  ...OUTPUT_ERRORS,
  ...EXISTS_ERRORS,
  ...QUEUE_ERRORS,
  ...STEPS_ERRORS,
  ...EXPLAIN_ERRORS,
  ...ARCHIVE_ERRORS,
  ...WATCH_ERRORS,
  ...WEB_ERRORS,
} as const;

/** A code of the error catalogue. */
export type ErrorCode = keyof typeof ENTRIES;

/** Every error that a user may see, by code. docs/errors.md prints it; its test keeps both equal. */
export const ERROR_CATALOGUE: Readonly<Record<ErrorCode, CatalogueEntry>> = ENTRIES;

/** True for a code of the catalogue. Codes from outside (another version's service) may be unknown. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ENTRIES, code);
}
