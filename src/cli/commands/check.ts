import { Command } from 'commander';
import { EXIT, UsageError } from '../../core/failures.ts';
import { counted } from '../../core/wording.ts';
import type { Violation } from '../../pipeline/cues/check-cues.ts';
import { PROFILE_NAMES, PROFILES } from '../../pipeline/cues/profiles.ts';
import { toSeconds, vttTime } from '../../pipeline/cues/time.ts';
import type { InvalidCue } from '../../pipeline/formats/parse-cues.ts';
import type { ReadTrack } from '../../pipeline/formats/read-track.ts';
import { OutputError } from '../../storage/errors.ts';
import { runCommand } from '../run-command.ts';

/** Exit codes of `check`, which describe the track, not the run. */
const CLEAN = EXIT.done;
const VIOLATIONS = EXIT.failed;

const EXAMPLES = `
Examples:
  secondglance check holiday.vtt
  secondglance check film.srt --profile netflix
  secondglance check film.srt --profile bbc --json | jq -r .rule | sort | uniq -c

Exit codes: 0 clean, 1 violations, 2 not a track (or wrong usage).`;

const AT_LEAST: ReadonlySet<Violation['rule']> = new Set(['too-short', 'gap']);

function violationLine(track: string, { cue, start, rule, value, limit, unit }: Violation): string {
  const bound = AT_LEAST.has(rule) ? 'at least' : 'at most';
  return `${track}: cue ${cue} at ${vttTime(start)}: ${rule}: ${value} ${unit}, ${bound} ${limit}`;
}

function invalidLine(track: string, { number, line, text }: InvalidCue): string {
  return `${track}: cue ${number} on line ${line}: timing: players leave out a cue with these times: ${text}`;
}

function jsonOf(found: Violation | InvalidCue): object {
  if (!('rule' in found)) return { event: 'violation', cue: found.number, rule: 'timing', line: found.line };
  const { cue, start, rule, value, limit, unit } = found;
  return { event: 'violation', cue, time: toSeconds(start), rule, value, limit, unit };
}

async function load(file: string): Promise<ReadTrack> {
  const { readTrack } = await import('../../pipeline/formats/read-track.ts');
  try {
    return await readTrack(file);
  } catch (cause) {
    if (cause instanceof OutputError) throw new UsageError(cause.message, { cause });
    const { asInputError } = await import('../../ingest/sources/sources.ts');
    throw new UsageError(asInputError(cause, file).message, { cause });
  }
}

/** Violations and invalid cues, by the number of their cue. */
function* inOrder(violations: Iterable<Violation>, invalid: readonly InvalidCue[]): Generator<Violation | InvalidCue> {
  const waiting = [...invalid];
  for (const violation of violations) {
    let next = waiting[0];
    while (next !== undefined && next.number < violation.cue) {
      yield next;
      waiting.shift();
      next = waiting[0];
    }
    yield violation;
  }
  yield* waiting;
}

/** `secondglance check <track>` */
export function checkCommand(): Command {
  return new Command('check')
    .description('check a WebVTT or SubRip track against readability rules')
    .argument('<track>', 'a .vtt or .srt file')
    .option('--profile <name>', `readability rules: ${PROFILE_NAMES.join(', ')}`, 'web')
    .option('--json', 'print violations and a summary as NDJSON')
    .addHelpText('after', EXAMPLES)
    .action((file: string, { profile: name, json = false }: { profile: string; json?: boolean }) =>
      runCommand(async () => {
        const { parseProfile } = await import('../../captioning/track-options.ts');
        const { checkCues } = await import('../../pipeline/cues/check-cues.ts');
        const profile = PROFILES[parseProfile(name)];
        const { cues, invalid } = await load(file);
        let violations = 0;
        for (const found of inOrder(checkCues(cues, profile), invalid)) {
          const text = 'rule' in found ? violationLine(file, found) : invalidLine(file, found);
          process.stdout.write(`${json ? JSON.stringify(jsonOf(found)) : text}\n`);
          violations += 1;
        }
        if (json) {
          const summary = { event: 'summary', track: file, profile: profile.name, cues: cues.length, violations };
          process.stdout.write(`${JSON.stringify(summary)}\n`);
        } else if (violations === 0) {
          process.stdout.write(`${file}: ${counted(cues.length, 'cue')}, all by the rules of ${profile.name}\n`);
        }
        return violations === 0 ? CLEAN : VIOLATIONS;
      }),
    );
}
