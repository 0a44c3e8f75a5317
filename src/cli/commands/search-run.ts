import { isoText, placeText } from '../../archive/clock/iso-time.ts';
import { formatLocal, formatOffset } from '../../archive/clock/time-zone.ts';
import { type Hit, searchCues } from '../../archive/index/search-cues.ts';
import { checkCamera, type OpenArchive, parseSpan, pictureOf, withArchive } from '../../archive/open-archive.ts';
import { parseWhole } from '../../captioning/settings.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import { EXIT, UsageError } from '../../core/failures.ts';

/** The flags of `search` as commander hands them over. */
export interface SearchFlags {
  readonly state?: string;
  readonly camera?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly json?: boolean;
}

const MOST = 1_000_000;

/** A field of a line: nothing in it ends the line, the field, or speaks to the terminal. */
function field(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}

function lineOf(hit: Hit, { file, zone }: OpenArchive): string {
  const { id, camera, start, text, offset } = hit;
  const when = `${formatLocal(start, zone)} ${formatOffset(start, zone)}`;
  return [when, camera, text, hit.file, placeText(offset), pictureOf(file, hit) ?? '-', id].map(field).join('\t');
}

function jsonOf(hit: Hit, { file, zone }: OpenArchive): string {
  const { id, camera, start, end, text, confidence, moving, offset } = hit;
  const picture = pictureOf(file, hit) ?? null;
  const when = { time: isoText(start, zone), end: isoText(end, zone) };
  return JSON.stringify({
    ...{ id, camera, ...when, text, confidence, moving, file: hit.file, offset: offset / 1000, picture },
  });
}

function search(archive: OpenArchive, words: string, flags: SearchFlags): number {
  const limit = parseWhole(flags.limit, '--limit', 1, MOST);
  const { camera } = flags;
  checkCamera(archive.db, camera);
  const hits = searchCues(archive.db, archive.file, { words, camera, ...parseSpan(flags, archive.zone), limit });
  const say = flags.json === true ? jsonOf : lineOf;
  for (const hit of hits) process.stdout.write(`${say(hit, archive)}\n`);
  if (flags.json !== true && hits.length === limit) {
    process.stderr.write(`These are the newest ${limit}; --limit N shows more.\n`);
  }
  return hits.length > 0 ? EXIT.done : EXIT.failed;
}

/** `secondglance search`: returns the exit code. Throws a UsageError, also where there is nothing to search in. */
export async function runSearch(words: string, flags: SearchFlags): Promise<number> {
  try {
    return await withArchive(flags.state, (archive) => search(archive, words, flags));
  } catch (cause) {
    // 1 says that there are no hits, as grep has it.
    if (!(cause instanceof SecondGlanceError) || cause instanceof UsageError) throw cause;
    throw new UsageError(cause.message, { cause });
  }
}
