import path from 'node:path';
import { captionKeyframes } from '../captioning/caption-source.ts';
import { digest } from '../captioning/input-identity.ts';
import { journalFolder } from '../captioning/journal-files.ts';
import type { InputProgress } from '../captioning/progress.ts';
import type { JsonObject } from '../core/json-value.ts';
import type { Caption, Micros } from '../core/types.ts';
import type { IngestReport } from '../ingest/decode/damage.ts';
import type { MediaInfo } from '../ingest/probe/media-info.ts';
import type { Source } from '../ingest/sources/sources.ts';
import { DEFAULT_RULES } from '../pipeline/cues/rules.ts';
import { writeTracks } from '../pipeline/write-tracks.ts';
import { openJournal } from '../storage/journal.ts';
import type { Captioner } from '../workers/captioner.ts';
import { StepsError } from './errors.ts';
import type { Look } from './find/find-steps.ts';
import { type Sample, survey, surveyChoice } from './find/survey.ts';

/** What is needed to look through a video. */
export interface LookRequest {
  readonly source: Source;
  readonly media: MediaInfo;
  readonly identity: JsonObject;
  readonly captioner: Captioner;
  readonly looks: 1 | 2;
  readonly stateDir: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InputProgress) => void;
}

/** What was seen of a video. */
export interface Seen {
  readonly samples: readonly Sample[];
  readonly looks: readonly Look[];
  /** Track time at which the video ends. */
  readonly end: Micros;
  /** Keyframes that were captioned, and those that got none. */
  readonly keyframes: number;
  readonly failed: number;
  readonly report: IngestReport;
}

/**
 * Goes through a video once: samples its pictures and captions those that show something new. Captions are durable in a
 * journal before they count, and stay there (until they are pruned), so that an interrupted run goes on where it stopped,
 * and one with other lengths of steps looks at nothing twice. Throws an IngestError, an OutputError, or a StepsError:
 * `no-frames`, `captions-failed`.
 */
export async function lookThrough(request: LookRequest): Promise<Seen> {
  const { source, media, identity, captioner, signal } = request;
  const choice = surveyChoice(media);
  const header = {
    use: 'steps',
    input: identity,
    media: { codec: media.codec, width: media.width, height: media.height, duration: media.duration },
    options: { every: choice.interval / 1e6, looks: request.looks },
    model: captioner.model.sha256,
    runtime: captioner.runtime,
  };
  const samples: Sample[] = [];
  const captions: Caption[] = [];
  const journal = await openJournal(path.join(journalFolder(request.stateDir), `${digest(header)}.jsonl`), header);
  try {
    const captioned = captionKeyframes(source, media, {
      ...{ captioner, journal, signal },
      settings: { choice, passes: request.looks },
      tapKeyframes: (keyframes) => survey(keyframes, captioner.image, media.start, samples),
    });
    const { counts, summary: report } = await writeTracks(
      { ...captioned, zero: media.start, end: captioned.report },
      {
        rules: DEFAULT_RULES,
        writers: [],
        onCaption: (caption) => {
          captions.push(caption);
          const covered = Math.max(0, caption.pts - media.start);
          const { duration } = media;
          request.onProgress({ keyframes: captions.length, covered, ...(duration === null ? {} : { duration }) });
        },
      },
    );
    if (samples.length === 0) throw new StepsError('no-frames', `"${source.label}" has no frame to look at`);
    return {
      samples,
      looks: captions.map(({ pts, text, confidence }) => ({ time: Math.max(0, pts - media.start), text, confidence })),
      end: Math.max(report.end - media.start, samples.at(-1)?.time ?? 0),
      keyframes: counts.keyframes,
      failed: counts.failed,
      report,
    };
  } finally {
    await journal.close();
  }
}
