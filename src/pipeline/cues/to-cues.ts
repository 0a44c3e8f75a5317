import { defer, map, mergeMap, type OperatorFunction, pipe } from 'rxjs';
import type { Caption, Cue, VideoEvent } from '../../core/types.ts';
import { gatherEvents } from '../events/gather-events.ts';
import { announceText } from '../screen-text/announce-text.ts';
import { splitAnnouncement } from '../screen-text/announcement.ts';
import type { ReadCaption } from '../screen-text/read-captions.ts';
import { type DroppedText, fitToGaps } from './fit-gaps.ts';
import { joinWithinScenes } from './join-within-scenes.ts';
import { breakText, divideTime, graphemeCount } from './layout.ts';
import { mergeCaptions, type Span } from './merge.ts';
import { enforceMinDuration } from './min-duration.ts';
import type { CueRules, Timeline } from './rules.ts';
import { shortenTexts } from './shorten.ts';
import { enforceSpacing, minimumFor, minimumForCue, readableIn } from './spacing.ts';
import { mapState } from './transducer.ts';

/**
 * Maximum number of keyframes that a cue lists: an hour of one still scene with a keyframe every ten seconds. A longer
 * cue lists the first, the last, and evenly spaced ones between, so that a cue does not grow with the video.
 */
export const MAX_KEYFRAMES_PER_CUE = 360;

function keyframesOf(first: number, last: number): number[] {
  const count = last - first + 1;
  if (count <= MAX_KEYFRAMES_PER_CUE) return Array.from({ length: count }, (_, at) => first + at);
  return Array.from(
    { length: MAX_KEYFRAMES_PER_CUE },
    (_, at) => first + Math.round((at * (last - first)) / (MAX_KEYFRAMES_PER_CUE - 1)),
  );
}

/** The cues of one span: one, or several in a row where its text does not fit into one. */
function cuesOf(span: Span, rules: CueRules): Cue[] {
  const from = keyframesOf(span.first, span.last);
  const { speed, maximum, lineLength } = rules.profile;
  const texts = breakText(span.text, lineLength);
  // A part needs a millisecond to be written. Without that, the text stays in one cue, however many lines it has.
  const parts = span.end - span.start < 1000 * texts.length ? [texts.join('\n')] : texts;
  // No part lasts longer than the maximum, so that the parts follow each other without a gap.
  const end = maximum === undefined ? span.end : Math.min(span.end, span.start + maximum * parts.length);
  const weights = parts.map((part) => (speed === undefined ? graphemeCount(part) : minimumForCue(part, rules)));
  const ends = divideTime(span.start, end, weights, rules.minimum);
  return parts.map((text, at) => ({
    start: ends[at - 1] ?? span.start,
    end: ends[at] ?? end,
    text,
    from,
  }));
}

/** A span whose text does not fit into one cue: the text in the picture first, because it may be gone before its description was read. */
function announcedFirst(span: Span, rules: CueRules): Span[] {
  const parts = splitAnnouncement(span.text);
  if (parts === undefined || parts.caption === '') return [span];
  if (breakText(span.text, rules.profile.lineLength).length === 1) return [span];
  const [announced, described] = [readableIn(parts.announced, rules), readableIn(parts.caption, rules)];
  const time = span.end - span.start;
  const part = time >= announced + described ? announced : Math.round((time * announced) / (announced + described));
  const at = span.start + part;
  return [
    { ...span, text: parts.announced, end: at },
    { ...span, text: parts.caption, start: at },
  ];
}

/** Captions as events: a span for each with a text of which the model is sure enough, for as long as the event lasts. */
function eventSpans(rules: CueRules, timeline: Timeline): OperatorFunction<Caption, Span> {
  const toSpans = ({ start, end, text, confidence, first, last }: VideoEvent): Span[] => {
    const own = confidence < rules.minConfidence ? '' : text;
    // Text in the picture of an event without a text of its own is announced all the same.
    return own === '' && !rules.announcesText ? [] : [{ start, end, text: own, first, last }];
  };
  return pipe(
    mapState(() => gatherEvents(timeline.zero, timeline.end)),
    mapState(() => ({ next: toSpans, end: () => [] })),
  );
}

/** Merged captions, or those of events, with the text in the picture where the rules ask for it. */
function spansOf(rules: CueRules, timeline: Timeline): OperatorFunction<ReadCaption, Span> {
  const { events } = rules;
  const merged = () =>
    events
      ? eventSpans(rules, timeline)
      : pipe(
          mapState(() => mergeCaptions(rules, timeline.zero, timeline.end)),
          mapState(() => joinWithinScenes(rules)),
        );
  if (!rules.announcesText)
    return pipe(
      map(({ caption }: ReadCaption) => caption),
      merged(),
    );
  return (captions) =>
    defer(() => {
      const announcer = announceText(rules, timeline.zero);
      return captions.pipe(
        map(({ caption, appeared }) => announcer.caption(caption, appeared)),
        merged(),
        mergeMap((span) => announcer.span(span)),
      );
    });
}

/**
 * Converts captions, in order of their index, to cues. Times are microseconds from the track's zero (captions have the
 * source's own). A cue is emitted as soon as later captions have fixed its end; the last ones on completion, when
 * `timeline.end` is called. The rules are in `mergeCaptions`, `shortenTexts`,
 * `enforceMinDuration` and `enforceSpacing`. Holds a few
 * captions, however long the video.
 * @param onDropped called for each text that no cue has, although the model is sure enough of it
 */
export function toCues(
  rules: CueRules,
  timeline: Timeline,
  onDropped: (dropped: DroppedText) => void = () => undefined,
): OperatorFunction<ReadCaption, Cue> {
  const { speech } = rules;
  const toOwnCues = (span: Span) => announcedFirst(span, rules).flatMap((part) => cuesOf(part, rules));
  if (speech !== undefined) {
    return pipe(
      spansOf(rules, timeline),
      mapState(() => fitToGaps(rules, speech, onDropped)),
      mapState(() => ({ next: toOwnCues, end: () => [] })),
    );
  }
  return pipe(
    spansOf(rules, timeline),
    mapState(() => shortenTexts(rules)),
    mapState(() => enforceMinDuration((span) => minimumFor(span, rules), timeline.zero, timeline.end, onDropped)),
    mapState(() => ({ next: toOwnCues, end: () => [] })),
    mapState(() => enforceSpacing(rules)),
  );
}
