import path from 'node:path';
import { Command } from 'commander';
import { EXIT, UsageError } from '../../core/failures.ts';
import { counted } from '../../core/text/wording.ts';
import type { Interval } from '../../core/time/intervals.ts';
import type { CheckOptions, Finding, TrackCheck } from '../../pipeline/check-track.ts';
import { PROFILE_NAMES, PROFILES, type Profile } from '../../pipeline/cues/profiles.ts';
import { toSeconds, vttTime } from '../../pipeline/cues/time.ts';
import { TrackError } from '../../pipeline/errors.ts';
import type { FixChange } from '../../pipeline/repair/fix-changes.ts';
import type { TrackFix } from '../../pipeline/repair/fix-track.ts';
import { runCommand } from '../run-command.ts';
import { writeJson, writeLine, writeNote } from '../terminal.ts';

/** Exit codes of `check`, which describe the track, not the run. */
const CLEAN = EXIT.done;
const VIOLATIONS = EXIT.failed;

const EXAMPLES = `
Examples:
  secondglance check holiday.vtt
  secondglance check *.srt --profile netflix
  secondglance check film.srt --profile bbc --json | jq -r .rule | sort | uniq -c
  secondglance check film.srt --fix                       repairs times, order, line breaks and encoding
  secondglance check described.vtt --around film.srt      descriptions that collide with the dialogue
  secondglance check old.srt --subtitle-encoding windows-1250

Exit codes: 0 clean, 1 violations, 2 not a track (or wrong usage).`;

/** The flags of `check` as commander passes them. */
interface Flags {
  readonly profile: string;
  readonly subtitleEncoding?: string;
  readonly around?: string;
  readonly fix?: boolean;
  readonly json?: boolean;
}

function toLine(track: string, found: Finding): string {
  const place = `${track}: cue ${found.cue}`;
  if (found.rule === 'timing') {
    const what = found.text.includes('>') ? 'a cue with these times' : 'a cue without times';
    return `${place} on line ${found.line}: timing: players drop ${what}: ${found.text}`;
  }
  const at = `${place} at ${vttTime(found.start)}`;
  if (found.rule === 'empty') return `${at}: empty: the cue has no text`;
  if (found.rule === 'settings') return `${at}: settings: players ignore ${found.setting}: ${found.reason}`;
  const { rule, value, limit, unit } = found;
  if (rule === 'overlap') return `${at}: overlap: the cue before it goes on for ${value} ${unit}`;
  if (rule === 'speech') return `${at}: speech: somebody speaks for ${value} ${unit} of it`;
  const bound = rule === 'too-short' || rule === 'gap' ? 'at least' : 'at most';
  return `${at}: ${rule}: ${value} ${unit}, ${bound} ${limit}`;
}

function toEvent(track: string, found: Finding): object {
  const { cue, rule } = found;
  if (found.rule === 'timing') return { event: 'violation', track, cue, rule, line: found.line };
  const of = { event: 'violation', track, cue, time: toSeconds(found.start), rule };
  if (found.rule === 'empty') return of;
  if (found.rule === 'settings') return { ...of, setting: found.setting, reason: found.reason };
  const { value, limit, unit } = found;
  return { ...of, value, limit, unit };
}

/** A text of a cue on one line. */
function oneLine(text: string): string {
  return text === '' ? 'nothing' : text.replaceAll('\n', ' / ');
}

function changeLine(track: string, { change, cue, start, from, to, before }: FixChange): string {
  const shown = (value: string | number | undefined): string =>
    typeof value === 'number' ? vttTime(value) : oneLine(value ?? '');
  const place = cue === undefined ? track : `${track}: cue ${cue} at ${vttTime(start ?? 0)}`;
  switch (change) {
    case 'order':
      return `${place}: moved before cue ${before}`;
    case 'removed':
      return `${place}: removed, because it has no text`;
    case 'times':
      return `${place}: times written as players read them, not as ${shown(from)}`;
    default:
      return `${place}: ${change}: ${shown(from)} -> ${shown(to)}`;
  }
}

function changeEvent(track: string, { change, cue, start, from, to, before }: FixChange): object {
  const value = (one: string | number | undefined) => (typeof one === 'number' ? toSeconds(one) : one);
  const time = start === undefined ? undefined : toSeconds(start);
  return { event: 'change', track, cue, time, change, from: value(from), to: value(to), before };
}

function printFix(track: string, { backup, changes }: TrackFix, json: boolean): void {
  for (const change of changes) {
    if (json) writeJson(changeEvent(track, change));
    else writeNote(changeLine(track, change));
  }
  if (json) writeJson({ event: 'fixed', track, backup, changes: changes.length });
  else {
    const kept = `the original is kept as ${path.basename(backup)}`;
    writeNote(`${track}: fixed, ${counted(changes.length, 'change')}; ${kept}`);
  }
}

/** When somebody speaks, by the track of `--around`. Throws a UsageError where it cannot be read. */
async function speechOf(file: string): Promise<readonly Interval[]> {
  const { speechOfTrack } = await import('../../captioning/speech/find-dialogue.ts');
  try {
    return await speechOfTrack({ file });
  } catch (cause) {
    throw cause instanceof Error ? new UsageError(cause.message, { cause }) : cause;
  }
}

/** Repairs a track where that is asked for, and checks what is there then. */
async function check(file: string, profile: Profile, flags: Flags, options: CheckOptions): Promise<TrackCheck> {
  const { checkTrack } = await import('../../pipeline/check-track.ts');
  try {
    if (flags.fix !== true) return await checkTrack(file, profile, options);
    const { fixTrack } = await import('../../pipeline/repair/fix-track.ts');
    const fixed = await fixTrack(file, profile, options);
    if (fixed === undefined) return await checkTrack(file, profile, options);
    printFix(file, fixed, flags.json === true);
    const { encoding: _, ...rest } = options;
    return await checkTrack(file, profile, rest);
  } catch (cause) {
    if (cause instanceof TrackError) throw new UsageError(cause.message, { cause });
    const { asInputError } = await import('../../ingest/sources/sources.ts');
    throw new UsageError(asInputError(cause, file).message, { cause });
  }
}

function print(track: string, profile: Profile, json: boolean, { cues, findings, encoding, note }: TrackCheck): void {
  const violations = findings.length;
  const lines = findings.map((found) => (json ? JSON.stringify(toEvent(track, found)) : toLine(track, found)));
  if (json) {
    lines.push(JSON.stringify({ event: 'summary', track, profile: profile.name, encoding, cues, violations }));
  } else if (violations === 0) {
    lines.push(`${track}: ${counted(cues, 'cue')}, no violations of profile ${profile.name}`);
  }
  if (note !== undefined) writeNote(note);
  for (const line of lines) writeLine(line);
}

async function run(tracks: readonly string[], flags: Flags): Promise<number> {
  const { profile: name, subtitleEncoding, around, json = false } = flags;
  const { parseName } = await import('../../config/flag-values.ts');
  const { parseEncoding } = await import('../../pipeline/formats/text-encoding.ts');
  const profile = PROFILES[parseName(name, '--profile', PROFILE_NAMES)];
  const encoding = subtitleEncoding === undefined ? undefined : parseEncoding(subtitleEncoding, '--subtitle-encoding');
  const options: CheckOptions = {
    ...(encoding === undefined ? {} : { encoding }),
    ...(around === undefined ? {} : { speech: await speechOf(around) }),
  };
  let exitCode: number = CLEAN;
  for (const track of tracks) {
    try {
      const checked = await check(track, profile, flags, options);
      print(track, profile, json, checked);
      if (checked.findings.length > 0) exitCode = Math.max(exitCode, VIOLATIONS);
    } catch (error) {
      if (tracks.length === 1 || !(error instanceof UsageError)) throw error;
      writeNote(`secondglance: ${error.message}`);
      exitCode = EXIT.usage;
    }
  }
  return exitCode;
}

/** `secondglance check <track...>` */
export function checkCommand(): Command {
  return new Command('check')
    .description('check WebVTT and SubRip tracks against readability rules')
    .argument('<track...>', '.vtt or .srt files')
    .option('--profile <name>', `readability rules: ${PROFILE_NAMES.join(', ')}`, 'web')
    .option('--subtitle-encoding <name>', 'encoding of the files (default: detected)')
    .option('--around <track>', 'also report cues that are shown while somebody speaks, by this .vtt or .srt file')
    .option('--fix', 'first repair what can be repaired without a change of words; keeps NAME.bak')
    .option('--json', 'print violations and a summary of each track as NDJSON')
    .addHelpText('after', EXAMPLES)
    .action((tracks: string[], flags: Flags) => runCommand(() => run(tracks, flags)));
}
