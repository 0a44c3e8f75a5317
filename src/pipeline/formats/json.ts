import type { TextSink } from '../../storage/sink.ts';
import { openTempTextBuffer, type TempTextBuffer } from '../../storage/temp-text-buffer.ts';
import { leftOut } from '../cues/left-out.ts';
import { toSeconds } from '../cues/time.ts';
import type { TrackFormat } from './track-format.ts';
import type { TrackHeader, TrackSummary, TrackWriter } from './track-writer.ts';

/** A JSON array that is buffered on disk. */
class BufferedArray {
  readonly #buffer: TempTextBuffer;
  #items = 0;

  constructor(buffer: TempTextBuffer) {
    this.#buffer = buffer;
  }

  get size(): number {
    return this.#items;
  }

  async add(item: unknown): Promise<void> {
    this.#items += 1;
    await this.#buffer.append(`${this.#items === 1 ? '' : ','}\n    ${JSON.stringify(item)}`);
  }

  async copyTo(sink: TextSink): Promise<void> {
    if (this.#items === 0) return sink.write('[]');
    await sink.write('[');
    for await (const piece of this.#buffer.read()) await sink.write(piece);
    await sink.write('\n  ]');
  }

  remove(): Promise<void> {
    return this.#buffer.remove();
  }
}

function sourceOf(header: TrackHeader, summary: TrackSummary): object {
  const { name, label, start, facts } = header.source;
  const duration = Math.max(0, toSeconds(summary.end - start));
  const { damage } = summary;
  return { name, label, start: toSeconds(start), duration, ...facts, ...(damage === undefined ? {} : { damage }) };
}

// The object starts with what is known last (the duration, damage), and keyframes and cues arrive interleaved. Both arrays
// are therefore buffered in files beside the target until `finish` assembles the object.
async function open(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  const zero = header.source.start;
  const keyframes = new BufferedArray(await openTempTextBuffer(sink.scratch));
  const cues = new BufferedArray(await openTempTextBuffer(sink.scratch));
  const texts = new BufferedArray(await openTempTextBuffer(sink.scratch));
  const events = header.options.events === true ? new BufferedArray(await openTempTextBuffer(sink.scratch)) : undefined;
  const dropped = new BufferedArray(await openTempTextBuffer(sink.scratch));
  const removeLists = async (): Promise<void> => {
    await keyframes.remove();
    await cues.remove();
    await texts.remove();
    await events?.remove();
    await dropped.remove();
  };

  return {
    async caption(caption) {
      const { index, pts, still, draft, text, confidence, passes, nothingVisible, regions, error } = caption;
      await keyframes.add({
        index,
        time: toSeconds(pts - zero),
        pts: toSeconds(pts),
        still,
        draft,
        text,
        confidence,
        passes,
        ...(nothingVisible === undefined ? {} : { nothingVisible }),
        ...leftOut(caption, header.options),
        ...(regions === undefined ? {} : { regions }),
        ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      });
    },
    async event({ start, end, text, confidence, support, frames, first, last }) {
      const times = { start: toSeconds(start), end: toSeconds(end) };
      await events?.add({ ...times, text, confidence, support, frames, first, last });
    },
    async cue({ start, end, text, from }) {
      await cues.add({ start: toSeconds(start), end: toSeconds(end), text, from });
    },
    async text({ text, kind, start, end, confidence, x, y, width, height, from }) {
      const box = { x, y, width, height };
      await texts.add({ start: toSeconds(start), end: toSeconds(end), text, kind, confidence, box, from });
    },
    async dropped({ start, end, text, reason }) {
      await dropped.add({ start: toSeconds(start), end: toSeconds(end), text, reason });
    },
    async finish(summary) {
      const { name, version, sha256 } = header.model;
      const model = header.from === undefined ? { name, version, sha256 } : null;
      await sink.write(`{\n  "source": ${JSON.stringify(sourceOf(header, summary))},\n`);
      await sink.write(`  "options": ${JSON.stringify(header.options)},\n`);
      await sink.write(`  "model": ${JSON.stringify(model)},\n`);
      await sink.write('  "keyframes": ');
      await keyframes.copyTo(sink);
      if (events !== undefined) {
        await sink.write(',\n  "events": ');
        await events.copyTo(sink);
      }
      await sink.write(',\n  "cues": ');
      await cues.copyTo(sink);
      for (const [name, list] of Object.entries({ texts, dropped })) {
        if (list.size === 0) continue;
        await sink.write(`,\n  "${name}": `);
        await list.copyTo(sink);
      }
      await sink.write('\n}\n');
      return sink.commit(removeLists);
    },
    async abort() {
      await removeLists();
      await sink.discard();
    },
  };
}

/**
 * One JSON object: `source`, `options`, `model`, `keyframes`, `events` (where they are asked for), `cues`, one of them per line. Times are seconds with
 * ms precision: a keyframe's `time` and the times of cues count from the track's zero, a keyframe's `pts` is the source's
 * own, `leftOut` why no cue has its text. `texts` are the pieces of text in the picture, in the order in which they end, where any was read; `dropped` the texts
 * that no cue has, and why. The same captions give the same bytes.
 */
export const json = {
  name: 'json',
  extension: 'json',
  description: 'everything: keyframes with drafts and confidence, cues, model, options',
  open,
} as const satisfies TrackFormat;
