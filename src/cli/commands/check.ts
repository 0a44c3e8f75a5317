import { Command } from 'commander';
import { EXIT, UsageError } from '../../core/failures.ts';
import { counted } from '../../core/text/wording.ts';
import type { Finding, TrackCheck } from '../../pipeline/check-track.ts';
import { PROFILE_NAMES, PROFILES, type Profile } from '../../pipeline/cues/profiles.ts';
import { toSeconds, vttTime } from '../../pipeline/cues/time.ts';
import { TrackError } from '../../pipeline/errors.ts';
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

function toLine(track: string, found: Finding): string {
  const place = `${track}: cue ${found.cue}`;
  if (found.rule === 'timing') {
    return `${place} on line ${found.line}: timing: players drop a cue with these times: ${found.text}`;
  }
  const { start, rule, value, limit, unit } = found;
  const bound = rule === 'too-short' || rule === 'gap' ? 'at least' : 'at most';
  return `${place} at ${vttTime(start)}: ${rule}: ${value} ${unit}, ${bound} ${limit}`;
}

function toEvent(found: Finding): object {
  const { cue, rule } = found;
  if (found.rule === 'timing') return { event: 'violation', cue, rule, line: found.line };
  const { start, value, limit, unit } = found;
  return { event: 'violation', cue, time: toSeconds(start), rule, value, limit, unit };
}

async function check(file: string, profile: Profile): Promise<TrackCheck> {
  const { checkTrack } = await import('../../pipeline/check-track.ts');
  try {
    return await checkTrack(file, profile);
  } catch (cause) {
    if (cause instanceof TrackError) throw new UsageError(cause.message, { cause });
    const { asInputError } = await import('../../ingest/sources/sources.ts');
    throw new UsageError(asInputError(cause, file).message, { cause });
  }
}

async function run(track: string, flags: { profile: string; json?: boolean }): Promise<number> {
  const { parseName } = await import('../../config/flag-values.ts');
  const profile = PROFILES[parseName(flags.profile, '--profile', PROFILE_NAMES)];
  const { cues, findings } = await check(track, profile);
  const violations = findings.length;
  const lines = findings.map((found) => (flags.json === true ? JSON.stringify(toEvent(found)) : toLine(track, found)));
  if (flags.json === true) {
    lines.push(JSON.stringify({ event: 'summary', track, profile: profile.name, cues, violations }));
  } else if (violations === 0) {
    lines.push(`${track}: ${counted(cues, 'cue')}, no violations of profile ${profile.name}`);
  }
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return violations === 0 ? CLEAN : VIOLATIONS;
}

/** `secondglance check <track>` */
export function checkCommand(): Command {
  return new Command('check')
    .description('check a WebVTT or SubRip track against readability rules')
    .argument('<track>', 'a .vtt or .srt file')
    .option('--profile <name>', `readability rules: ${PROFILE_NAMES.join(', ')}`, 'web')
    .option('--json', 'print violations and a summary as NDJSON')
    .addHelpText('after', EXAMPLES)
    .action((track: string, flags: { profile: string; json?: boolean }) => runCommand(() => run(track, flags)));
}
