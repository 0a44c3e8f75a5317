import path from 'node:path';
import type { CaptionStore } from '../core/caption-store.ts';
import { SecondGlanceError } from '../core/errors.ts';
import type { JsonObject } from '../core/json-value.ts';
import { withMarks } from '../core/keyframe-marks.ts';
import { withResources } from '../core/lifetime/disposal.ts';
import type { Keyframe, RecordedBy } from '../core/types.ts';
import type { IngestReport } from '../ingest/decode/damage.ts';
import { exactImage } from '../ingest/decode/filters.ts';
import { IngestError } from '../ingest/errors.ts';
import { groupKeyframes } from '../ingest/group-keyframes.ts';
import { openMedia } from '../ingest/open-media.ts';
import type { MediaInfo } from '../ingest/probe/media-info.ts';
import { type KeyframeReader, readKeyframes } from '../ingest/read-keyframes.ts';
import type { Source } from '../ingest/sources/sources.ts';
import type { GroupCaptions } from '../pipeline/cues/order.ts';
import type { CaptionStream } from '../pipeline/track-events.ts';
import { type Journal, openJournal } from '../storage/journal.ts';
import type { Captioner, CaptionOptions } from '../workers/captioner.ts';
import { captionOptions, digest, writtenIdentity } from './input-identity.ts';
import { journalFolder } from './journal-files.ts';
import { type GroupWork, runGroups } from './run-groups.ts';
import type { KeyframeSettings } from './settings.ts';

/** The captions of one source as they are finished, in this process or through the queue. */
export interface CaptionedSource {
  /** As it was opened: stdin has been spooled to a file. */
  readonly source: Source;
  readonly media: MediaInfo;
  readonly groups: AsyncIterable<GroupCaptions>;
  /** The decoder's report, once all groups have arrived. */
  readonly report: () => Promise<IngestReport>;
  /** How many groups may arrive before an earlier one. */
  readonly limit: number;
  /** How many captions of an earlier run were used so far; absent where that is not known. */
  readonly reused?: () => number;
}

/** The video ends before the range begins, or the range lies between two frames. */
class EmptyRangeError extends SecondGlanceError<'empty-range'> {
  constructor(label: string, media: MediaInfo) {
    const length = media.duration === null ? '' : `, which is ${(media.duration / 1e6).toFixed(1)} s long`;
    super('empty-range', `no frame of "${label}"${length}, lies between --from and --to: change the range`);
  }
}

/** The captions of a source as the pipeline takes them. A range without a single frame is `empty-range`. */
export function captionStream({ source, media, groups, report, limit }: CaptionedSource): CaptionStream<IngestReport> {
  const end = async (): Promise<IngestReport> => {
    const found = await report();
    if (found.keyframes === 0) throw new EmptyRangeError(source.label, media);
    return found;
  };
  return { groups, zero: media.start, limit, end };
}

/** Sees every keyframe on its way to the captioner, and passes it on. */
export type TapKeyframes = (keyframes: KeyframeReader, media: MediaInfo) => AsyncIterable<Keyframe>;

/** How {@link captionKeyframes} captions. */
export interface KeyframeRequest {
  readonly captioner: Captioner;
  readonly settings: KeyframeSettings;
  /** Where captions become durable. What it already has is not captioned again. */
  readonly journal: CaptionStore;
  readonly signal: AbortSignal;
  readonly tapKeyframes?: TapKeyframes | undefined;
}

/**
 * Captions groups, each durable in the store before it counts; a group that the store has is read from there.
 * @param onReused called with the number of captions that the store had
 */
function captionDurably(
  store: CaptionStore,
  captioner: Captioner,
  options: CaptionOptions,
  onReused: (captions: number) => void,
): GroupWork {
  return async (group, signal) => {
    const durable = await store.read(group.index);
    if (durable !== undefined) {
      onReused(durable.length);
      // The same file may have had another name in that run, for example when it was found in a folder.
      return durable.map((caption) => ({ ...caption, video: group.video }));
    }
    const captions = withMarks(group, await captioner.caption(group, options, signal));
    // A failed group is not durable, so the next run tries it again.
    if (captions.every(({ error }) => error === undefined)) await store.append(group.index, captions);
    return captions;
  };
}

/** The clock of a recording, from the wall-clock time at which its track starts. */
export function recordedBy(recorded: KeyframeSettings['recorded'], { start }: MediaInfo): RecordedBy | undefined {
  if (recorded === undefined) return undefined;
  return { camera: recorded.camera, epoch: recorded.start - start / 1000, zone: recorded.zone };
}

/** Decodes a probed source, selects its keyframes and captions them in groups, several at once, in this process. */
export function captionKeyframes(
  source: Source,
  media: MediaInfo,
  { captioner, settings, journal, signal, tapKeyframes }: KeyframeRequest,
): CaptionedSource {
  const { choice, from, to, passes, events = false } = settings;
  const { concurrency } = captioner;
  const image = exactImage(media, captioner.image);
  const selector = settings.selector?.create(image);
  const reader = readKeyframes(source, media, { choice, selector, image, events, from, to, signal });
  const groups = groupKeyframes(tapKeyframes?.(reader, media) ?? reader, recordedBy(settings.recorded, media));
  let reused = 0;
  const work = captionDurably(journal, captioner, { passes }, (captions) => {
    reused += captions;
  });
  return {
    source,
    media,
    groups: runGroups(groups, work, { concurrency, signal }),
    reused: () => reused,
    report: () => reader.report,
    limit: 4 * concurrency,
  };
}

/** What {@link captionSource} captions. */
export interface SourceRequest extends Omit<KeyframeRequest, 'journal'> {
  readonly source: Source;
  /** What makes the source the same source in another run; undefined for stdin. */
  readonly identity: JsonObject | undefined;
  readonly stateDir: string;
  /** False: captions of an interrupted run are discarded. */
  readonly resume: boolean;
}

/**
 * Opens and probes a source, and hands its captions to `consume`, which removes the journal once they are no longer
 * needed; otherwise the journal stays for the next run. Throws IngestError, OutputError, what `consume` throws, or the
 * signal's reason.
 */
export async function captionSource<Result>(
  request: SourceRequest,
  consume: (captioned: CaptionedSource, journal: Journal) => Promise<Result>,
): Promise<Result> {
  const { captioner, settings, identity, signal } = request;
  return withResources(async (resources) => {
    const opened = await openMedia(request.source, { signal });
    resources.defer(() => opened.dispose());
    const { source, media } = opened;
    const header = {
      // Stdin cannot be read again: its journal is of no use to another run.
      input: identity === undefined ? { stdin: process.pid, at: Date.now() } : writtenIdentity(identity),
      media: { codec: media.codec, width: media.width, height: media.height, duration: media.duration },
      options: captionOptions(settings),
      model: captioner.model.sha256,
      runtime: captioner.runtime,
    };
    const file = path.join(journalFolder(request.stateDir), `${digest(header)}.jsonl`);
    const journal = await openJournal(file, header, { fresh: !request.resume });
    resources.defer(() => journal.close());
    return consume(captionKeyframes(source, media, { ...request, journal }), journal);
  }).catch((error: unknown) => {
    // An interrupted decoder fails too; what counts is why it was interrupted.
    throw signal.aborted && !(error instanceof IngestError && error.code !== 'aborted') ? signal.reason : error;
  });
}
