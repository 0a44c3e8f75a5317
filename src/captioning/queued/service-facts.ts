import { z } from 'zod';
import type { IngestReport } from '../../ingest/decode/damage.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { readJson } from '../../queue/jobs.ts';
import type { InputSummary } from '../summary.ts';

/*
 * What services write about a video into its record. Any writer of Redis could have written it. Fields that are not listed pass: those that the
 * program needs are required by the types below.
 */

const text = z.string().max(8192);
const side = z
  .int()
  .min(0)
  .max(2 ** 20);
const rational = z.object({ num: z.int(), den: z.int().min(1) });

const mediaSchema = z.looseObject({
  container: text,
  stream: z.int().min(0).max(10_000),
  codec: text,
  width: side,
  height: side,
  rotation: z.number(),
  sampleAspect: rational,
  frameRate: rational.nullable(),
  pixelFormat: text.nullable(),
  transfer: text.nullable(),
  primaries: text.nullable(),
  matrix: text.nullable(),
  range: z.enum(['tv', 'pc']).nullable(),
  hdr: z.boolean(),
  start: z.int(),
  videoStart: z.int(),
  videoEnd: z.int().nullable(),
  duration: z.int().min(0).nullable(),
  times: z.object({
    stamped: z.boolean(),
    continuous: z.boolean(),
    announced: z.boolean(),
    lost: z.object({ from: z.int(), to: z.int() }).nullable(),
  }),
  unended: z.boolean(),
  bytesMissing: z.number().min(0),
  subtitles: z.int().min(0),
});

const detailSchema = z.object({
  command: z.string().exactOptional(),
  exitCode: z.number().nullable().exactOptional(),
  signal: text.nullable().exactOptional(),
  stderr: z.array(z.string()).max(100).exactOptional(),
  pts: z.int().exactOptional(),
});

const reportSchema = z.looseObject({
  zero: z.int(),
  end: z.int(),
  frames: z.int().min(0),
  keyframes: z.int().min(0),
  damage: z
    .object({
      code: z.enum(['truncated', 'damaged', 'unfinished']),
      message: z.string().max(65_536),
      detail: detailSchema,
    })
    .exactOptional(),
});

const summarySchema = z.looseObject({
  video: text,
  state: z.enum(['done', 'partial', 'failed', 'skipped']),
  keyframes: z.int().min(0),
  cues: z.int().min(0),
  reused: z.int().min(0).exactOptional(),
  unsure: z.int().min(0).exactOptional(),
  blank: z.int().min(0).exactOptional(),
  unplaced: z.int().min(0).exactOptional(),
  tooShort: z.int().min(0).exactOptional(),
  seconds: z.number().min(0),
  duration: z.number().min(0).exactOptional(),
  outputs: z.array(text).max(64),
  problems: z
    .array(
      z.object({
        code: text,
        message: z.string().max(65_536),
        detail: z.array(z.string().max(65_536)).max(200).exactOptional(),
      }),
    )
    .max(64),
  notes: z.array(z.string().max(65_536)).max(64).exactOptional(),
  runtimes: z.array(text).max(1000).default([]),
});

/** The outcome of a video, as its record keeps it. */
export interface VideoSummary extends InputSummary {
  /** What ran the model: more than one where the workers differ. */
  readonly runtimes: readonly string[];
}

/** Facts about a source that the ingest service wrote. Throws `bad-payload`. */
export function readMedia(json: string): MediaInfo {
  return readJson(mediaSchema, json, 'what is known about a source');
}

/** The report of a decoder. Throws `bad-payload`. */
export function readReport(json: string): IngestReport {
  return readJson(reportSchema, json, 'the report of a decoder');
}

/** The outcome of a video. Throws `bad-payload`. */
export function readSummary(json: string): VideoSummary {
  return readJson(summarySchema, json, 'the outcome of a video');
}
