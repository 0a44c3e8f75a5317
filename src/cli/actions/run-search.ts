import { formatPosition } from '../../archive/clock/iso-time.ts';
import { formatLocal, formatOffset } from '../../archive/clock/time-zone.ts';
import { supportText } from '../../archive/index/event-support.ts';
import { type ArchiveHit, hitDocument, searchArchive } from '../../archive/search-archive.ts';
import { parseWhole } from '../../config/flag-values.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import { EXIT, UsageError } from '../../core/failures.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** The flags of `search`. */
export interface SearchFlags {
  readonly state?: string;
  readonly exact?: boolean;
  readonly camera?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly json?: boolean;
}

const MOST = 1_000_000;

/** Replaces characters that would end a line or a field, or control the terminal. */
function field(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}

function lineOf({ hit, picture }: ArchiveHit, zone: string): string {
  const { id, camera, start, file, offset, support } = hit;
  const text = support === null ? hit.text : `${hit.text} ${supportText(support)}`;
  const when = `${formatLocal(start, zone)} ${formatOffset(start, zone)}`;
  return [when, camera, text, file, formatPosition(offset), picture ?? '-', id].map(field).join('\t');
}

/** `secondglance search`: returns the exit code. Throws a UsageError, also where there is no archive. */
export async function runSearch(words: string, flags: SearchFlags): Promise<number> {
  const { json, limit, ...where } = flags;
  const most = parseWhole(limit, '--limit', 1, MOST);
  const { hits, zone } = await searchArchive({ words, ...where, limit: most }).catch((cause: unknown) => {
    // As with grep, exit code 1 means that there are no hits.
    if (!(cause instanceof SecondGlanceError) || cause instanceof UsageError) throw cause;
    throw new UsageError(cause.message, { cause });
  });
  for (const hit of hits) {
    if (json === true) writeJson(hitDocument(hit, zone));
    else writeLine(lineOf(hit, zone));
  }
  if (json !== true && hits.length === most) {
    process.stderr.write(`These are the newest ${most}; --limit N shows more.\n`);
  }
  return hits.length > 0 ? EXIT.done : EXIT.failed;
}
