import path from 'node:path';
import { SecondGlanceError } from '../../core/errors.ts';
import { counted } from '../../core/text/wording.ts';
import { type Interval, joinIntervals } from '../../core/time/intervals.ts';
import { decodeAudio, hasAudio } from '../../ingest/decode/decode-audio.ts';
import { asInputError, type Source } from '../../ingest/sources/sources.ts';
import { readTrack } from '../../pipeline/formats/read-track.ts';
import { detectSpeech } from '../../workers/speech/detect-speech.ts';
import { digest } from '../input-identity.ts';
import type { Dialogue, TrackInput } from '../settings.ts';
import { readSpoken, subtitleFiles } from './subtitle-files.ts';
import { type Utterance, utterancesOf } from './utterances.ts';

/** Subtitles less than this apart, in microseconds, are one stretch of dialogue. */
const PAUSE = 300_000;

function intervalsOf(utterances: readonly Utterance[]): Interval[] {
  return joinIntervals(
    utterances.map(({ start, end }) => ({ start, end })),
    PAUSE,
  );
}

/** When somebody speaks, by a subtitle file. Throws `not-a-track`, or an IngestError where it cannot be read. */
export async function speechOfTrack({ file, encoding }: TrackInput): Promise<Interval[]> {
  const track = await readTrack(file, encoding === undefined ? {} : { encoding }).catch((error: unknown) => {
    throw error instanceof SecondGlanceError ? error : asInputError(error, file);
  });
  return intervalsOf(utterancesOf(track.cues));
}

/** What `--around` names. The speech of `auto` is found later, for each input. */
export async function readDialogue(around: 'auto' | TrackInput): Promise<Dialogue> {
  if (around === 'auto') return { from: 'auto' };
  const speech = await speechOfTrack(around);
  const hash = digest(speech.map(({ start, end }) => [start, end])).slice(0, 8);
  return { from: `${path.basename(around.file)}#${hash}`, speech };
}

/** What {@link withSpeech} reads. */
export interface DialogueRequest {
  readonly source: Source;
  readonly stateDir: string;
  readonly signal: AbortSignal;
}

/** The dialogue of an input. */
export interface FoundDialogue {
  readonly dialogue: Dialogue;
  /** Of `auto`: where the speech was found. One clause for the user. */
  readonly found?: string;
}

/**
 * Completes a dialogue with the speech of an input: of the subtitles beside it or inside it, else what voice detection hears in its sound.
 * An input without sound has none. Throws as its parts do.
 */
export async function withSpeech(
  dialogue: Dialogue,
  { source, stateDir, signal }: DialogueRequest,
): Promise<FoundDialogue> {
  if (dialogue.speech !== undefined) return { dialogue };
  const spoken = (speech: readonly Interval[], found?: string): FoundDialogue => ({
    dialogue: { ...dialogue, speech },
    ...(found === undefined ? {} : { found }),
  });
  if (source.kind === 'picture') return spoken([]);
  const { utterances, from } = await readSpoken(source, await subtitleFiles(source, stateDir), signal);
  if (utterances.length > 0) return spoken(intervalsOf(utterances), `speech as in ${from ?? 'its subtitles'}`);
  const without = 'no subtitles that belong to it, and';
  if (!(await hasAudio(source, signal))) return spoken([], `${without} no sound: descriptions are placed anywhere`);
  const speech = joinIntervals(await detectSpeech(decodeAudio(source, signal), signal), PAUSE);
  if (speech.length === 0) return spoken([], `${without} no speech in its sound: descriptions are placed anywhere`);
  return spoken(speech, `${counted(speech.length, 'passage')} of speech heard in its sound`);
}
