import path from 'node:path';
import { captionKeyframes } from '../captioning/caption-source.ts';
import { digest, writtenIdentity } from '../captioning/input-identity.ts';
import { journalFolder } from '../captioning/journal-files.ts';
import type { InputProgress } from '../captioning/reporter.ts';
import type { JsonObject } from '../core/json-value.ts';
import type { Caption, Micros } from '../core/types.ts';
import type { IngestReport } from '../ingest/decode/damage.ts';
import { exactImage } from '../ingest/decode/filters.ts';
import type { MediaInfo } from '../ingest/probe/media-info.ts';
import type { Source } from '../ingest/sources/sources.ts';
import { DEFAULT_RULES } from '../pipeline/cues/rules.ts';
import { headingOf } from '../pipeline/screen-text/heading.ts';
import { writeTracks } from '../pipeline/write-tracks.ts';
import { openJournal } from '../storage/journal.ts';
import type { Captioner } from '../workers/captioner.ts';
import { StepsError } from './errors.ts';
import type { TimedCaption } from './find/material.ts';
import { type Sample, sampleFrames, samplingChoice } from './find/sample-frames.ts';

/** What surveying a video needs. */
export interface SurveyRequest {
  readonly source: Source;
  readonly media: MediaInfo;
  readonly identity: JsonObject;
  readonly captioner: Captioner;
  readonly passes: 1 | 2;
  readonly stateDir: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InputProgress) => void;
}

/** A video's samples and captions. */
export interface VideoSurvey {
  readonly samples: readonly Sample[];
  readonly captions: readonly TimedCaption[];
  /** Track time at which the video ends. */
  readonly end: Micros;
  /** All keyframes, and those without a caption. */
  readonly keyframes: number;
  readonly failed: number;
  /** Captions of an earlier run that were used again. */
  readonly reused: number;
  readonly report: IngestReport;
}

/**
 * Decodes a video once: samples its frames and captions those that show something new. Captions are durable in a journal,
 * which stays until it is pruned, so that an interrupted run resumes, and a run with other step lengths captions nothing
 * again. Throws an IngestError, an OutputError, or a StepsError: `no-frames`, `captions-failed`.
 */
export async function surveyVideo(request: SurveyRequest): Promise<VideoSurvey> {
  const { source, media, identity, captioner, signal } = request;
  const choice = samplingChoice(media);
  const header = {
    use: 'steps',
    input: writtenIdentity(identity),
    media: { codec: media.codec, width: media.width, height: media.height, duration: media.duration },
    options: { every: choice.interval / 1e6, passes: request.passes },
    model: captioner.model.sha256,
    runtime: captioner.runtime,
  };
  const samples: Sample[] = [];
  const captions: Caption[] = [];
  const journal = await openJournal(path.join(journalFolder(request.stateDir), `${digest(header)}.jsonl`), header);
  try {
    const captioned = captionKeyframes(source, media, {
      ...{ captioner, journal, signal },
      settings: { choice, passes: request.passes },
      tapKeyframes: (keyframes) => sampleFrames(keyframes, exactImage(media, captioner.image), media.start, samples),
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
    if (samples.length === 0) throw new StepsError('no-frames', `"${source.label}" has no frame to caption`);
    return {
      samples,
      captions: captions.map(({ pts, text, confidence, lines }) => {
        const heading = lines === undefined ? undefined : headingOf(lines);
        const time = Math.max(0, pts - media.start);
        return { time, text, confidence, ...(heading === undefined ? {} : { heading }) };
      }),
      end: Math.max(report.end - media.start, samples.at(-1)?.time ?? 0),
      keyframes: counts.keyframes,
      failed: counts.failed,
      reused: captioned.reused?.() ?? 0,
      report,
    };
  } finally {
    await journal.close();
  }
}
