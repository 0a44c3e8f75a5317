import { nonClosingSink, type TextSink } from '../../storage/sink.ts';

/** A sink that holds its text in memory until it is flushed. For pictures, which have one line each. */
export interface LineBuffer extends TextSink {
  /** Writes everything to the sink behind it. */
  flush(): Promise<void>;
}

/** Buffers text for `sink`. `commit` and `discard` leave `sink` open; discarded text is dropped. */
export function bufferSink(sink: TextSink): LineBuffer {
  const onward = nonClosingSink(sink);
  let gathered = '';
  return {
    target: sink.target,
    scratch: sink.scratch,
    async write(text) {
      gathered += text;
    },
    commit: (cleanup) => onward.commit(cleanup),
    async discard() {
      gathered = '';
    },
    async flush() {
      await onward.write(gathered);
      gathered = '';
    },
  };
}
