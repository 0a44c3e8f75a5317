import { readFile } from 'node:fs/promises';
import { parseName, parseShare, parseWhole } from '../config/flag-values.ts';
import { sentenceOf } from '../core/errors.ts';
import { orUsage, UsageError } from '../core/failures.ts';
import type { LiveInputSettings } from '../ingest/live/live-input.ts';
import { liveSelector } from '../ingest/live/live-selector.ts';
import { type LiveSource, parseLiveSources, sourceLines } from '../ingest/live/live-source.ts';
import { type FrameChoice, parseChoice } from '../ingest/selectors/registry.ts';
import type { ModelChoice } from '../workers/load-model.ts';
import { type ModelFlags, modelOf } from '../workers/model-flags.ts';

/** The options of `live` as text, as a command line gives them. */
export interface LiveFlags extends ModelFlags {
  readonly sources?: string;
  readonly rtspTransport: string;
  readonly follow: boolean;
  readonly frames: string;
  readonly passes: string;
  readonly events?: boolean;
  readonly minConfidence?: string;
  readonly workers?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** Checked settings of `live`. */
export interface LiveSettings extends LiveInputSettings {
  readonly sources: readonly LiveSource[];
  readonly choice: FrameChoice;
  /** Cues are those of events. */
  readonly events: boolean;
  readonly passes: 1 | 2;
  /** Default: what the model recommends. */
  readonly minConfidence?: number;
  readonly model?: ModelChoice;
  readonly workers?: number;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

const TRANSPORTS = ['tcp', 'udp'] as const;

async function sourcesOf(texts: readonly string[], file: string | undefined): Promise<LiveSource[]> {
  const listed =
    file === undefined
      ? ''
      : await readFile(file, 'utf8').catch((cause: unknown) => {
          throw new UsageError(`--sources ${file}: cannot be read (${sentenceOf(cause)})`, { cause });
        });
  const sources = await parseLiveSources([...texts, ...sourceLines(listed)], process.env);
  if (sources.length === 0)
    throw new UsageError('live needs a source: an address, a device, a file, or --sources FILE');
  return sources;
}

function choiceOf(text: string): FrameChoice {
  return orUsage(() => {
    const choice = parseChoice(text);
    liveSelector(choice, { width: 1, height: 1 }, false);
    return choice;
  });
}

/** Reads sources and options. Throws a UsageError. */
export async function readLiveSettings(texts: readonly string[], flags: LiveFlags): Promise<LiveSettings> {
  const model = modelOf(flags);
  return {
    sources: await sourcesOf(texts, flags.sources),
    rtspTransport: parseName(flags.rtspTransport, '--rtsp-transport', TRANSPORTS),
    follow: flags.follow,
    choice: choiceOf(flags.frames),
    events: flags.events ?? false,
    passes: parseWhole(flags.passes, '--passes', 1, 2) === 1 ? 1 : 2,
    ...(flags.minConfidence === undefined
      ? {}
      : { minConfidence: parseShare(flags.minConfidence, '--min-confidence') }),
    ...(model === undefined ? {} : { model }),
    ...(flags.workers === undefined ? {} : { workers: parseWhole(flags.workers, '--workers', 1, 256) }),
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    json: flags.json ?? false,
  };
}
