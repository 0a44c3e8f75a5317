import { errnoOf, type FailureDetail, sentenceOf } from '../../core/errors.ts';
import { readRegular } from '../../core/regular-file.ts';
import { IngestError } from '../errors.ts';
import { isPlaylist } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';
import { decodeFailure, killedFailure } from './diagnose.ts';

/** The system's messages about a disk or a share that does not answer. */
const NOT_READ =
  /Input\/output error|Stale (?:NFS )?file handle|Transport endpoint|No such device|Host is down|Remote I\/O error|Software caused connection abort|Device not configured/i;
/** What ffmpeg calls an input/output error, too: the end of a Matroska file that was cut off. */
const CUT_OFF = /File ended prematurely|Truncating packet of size/;
const MISSING = /No such file or directory/;
/** Errors of opening a file that concern the user's choice, not the machine. */
const NOT_AWAY: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOTREGULAR']);

function away({ label }: Source, why: string, detail: FailureDetail, cause?: unknown): IngestError {
  return new IngestError(
    'input-away',
    `"${label}" could not be read any further (${why}): its folder, disk or share is gone or does not answer; run the command again when it is back.`,
    { detail, cause },
  );
}

/** Why a file that was there cannot be opened and read now; undefined where it can. */
async function absence({ input }: Source): Promise<unknown> {
  try {
    await readRegular(input, 1);
    return undefined;
  } catch (error) {
    return NOT_AWAY.has(errnoOf(error) ?? '') ? undefined : error;
  }
}

/** True where the source is a file that can be opened and read. */
export async function canBeRead(source: Source): Promise<boolean> {
  return (await absence(source)) === undefined;
}

/**
 * The error of a reading that failed because the file, its folder, its disk or its share went away, or because the system could not read it: a
 * failure of the machine. Undefined where the file can be read, and for what is no file.
 * @param detail how ffmpeg or ffprobe ended
 */
export async function awayFailure(source: Source, detail: FailureDetail): Promise<IngestError | undefined> {
  if (source.kind !== 'file' && source.kind !== 'picture') return undefined;
  const lines = (detail.stderr ?? []).join('\n');
  const [said] = (CUT_OFF.test(lines) ? undefined : NOT_READ.exec(lines)) ?? [];
  if (said === undefined && detail.exitCode === 0) return undefined;
  const error = await absence(source);
  if (error !== undefined) return away(source, sentenceOf(error), detail, error);
  if (said !== undefined) return away(source, said, detail);
  // It is back already. (A playlist may name another file that is missing.)
  const missed = MISSING.test(lines) && !(await isPlaylist(source.input));
  return missed ? away(source, 'it was gone for a moment', detail) : undefined;
}

/** The error of an ffmpeg or ffprobe that the machine made fail: something ended it, or took its input away. Undefined where it did not. */
export async function machineFailure(
  source: Source,
  detail: FailureDetail,
  cause?: Error,
): Promise<IngestError | undefined> {
  return killedFailure(source.label, detail, cause) ?? (await awayFailure(source, detail));
}

/** The error of a decoding that produced nothing. */
export async function readFailure(source: Source, detail: FailureDetail, cause?: Error): Promise<IngestError> {
  return (await machineFailure(source, detail, cause)) ?? decodeFailure(source.label, detail, cause);
}
