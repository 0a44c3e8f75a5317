import type { ARCHIVE_ERRORS } from '../core/catalogue/archive-errors.ts';
import { SecondGlanceError } from '../core/errors.ts';

/** Codes of {@link ArchiveError}. */
export type ArchiveErrorCode = keyof typeof ARCHIVE_ERRORS;

/** A failure of the archive: its state file, its index, a query. */
export class ArchiveError extends SecondGlanceError<ArchiveErrorCode> {}
