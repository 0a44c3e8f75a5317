import { Command } from 'commander';
import { parseProfile } from '../../captioning/track-options.ts';
import { EXIT, UsageError } from '../../core/failures.ts';
import { counted } from '../../core/wording.ts';
import { asInputError } from '../../ingest/sources/sources.ts';
import { checkCues, type Violation } from '../../pipeline/cues/check-cues.ts';
import { PROFILE_NAMES, PROFILES } from '../../pipeline/cues/profiles.ts';
import { toSeconds, vttTime } from '../../pipeline/cues/time.ts';
import type { InvalidCue } from '../../pipeline/formats/parse-cues.ts';
import { type ReadTrack, readTrack } from '../../pipeline/formats/read-track.ts';
import { OutputError } from '../../storage/errors.ts';
import { runCommand } from '../run-command.ts';

/** Exit codes of `check`, which says what a track is like, not how a run went. */
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
  try {
    return await readTrack(file);
  } catch (cause) {
    if (cause instanceof OutputError) throw new UsageError(cause.message, { cause });
    throw new UsageError(asInputError(cause, file).message, { cause });
  }
}

/** `secondglance check <track>` */
export function checkCommand(): Command {
  return new Command('check')
    .description('hold any WebVTT or SubRip track against the rules of readability')
    .argument('<track>', 'a .vtt or .srt file')
    .option('--profile <name>', `whose rules: ${PROFILE_NAMES.join(', ')}`, 'web')
    .option('--json', 'violations and a summary as NDJSON on stdout')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: { profile: string; json?: boolean }) =>
      runCommand(async () => {
        const profile = PROFILES[parseProfile(flags.profile)];
        const { cues, invalid } = await load(file);
        const say = (found: Violation | InvalidCue): void => {
          const text = 'rule' in found ? violationLine(file, found) : invalidLine(file, found);
          process.stdout.write(`${flags.json === true ? JSON.stringify(jsonOf(found)) : text}\n`);
        };
        let violations = 0;
        const waiting = [...invalid];
        for (const violation of checkCues(cues, profile)) {
          while (waiting[0] !== undefined && waiting[0].number < violation.cue) say(waiting.shift() as InvalidCue);
          say(violation);
          violations += 1;
        }
        waiting.forEach(say);
        violations += invalid.length;
        if (flags.json === true) {
          const summary = { event: 'summary', track: file, profile: profile.name, cues: cues.length, violations };
          process.stdout.write(`${JSON.stringify(summary)}\n`);
        } else if (violations === 0) {
          process.stdout.write(`${file}: ${counted(cues.length, 'cue')}, all by the rules of ${profile.name}\n`);
        }
        return violations === 0 ? CLEAN : VIOLATIONS;
      }),
    );
}
