import { nonClosingSink, type TextSink } from '../../storage/sink.ts';

/** A sink that keeps what is written until its turn has come. For pictures: one line each. */
export interface LineBuffer extends TextSink {
  /** Hands everything on. */
  flush(): Promise<void>;
}

/** Gathers text for `sink` in memory. `commit` and `discard` leave `sink` open; discarded text is dropped. */
export function bufferSink(sink: TextSink): LineBuffer {
  const onward = nonClosingSink(sink);
  let gathered = '';
  return {
    target: sink.target,
    scratch: sink.scratch,
    async write(text) {
      gathered += text;
    },
    commit: () => onward.commit(),
    async discard() {
      gathered = '';
    },
    async flush() {
      await onward.write(gathered);
      gathered = '';
    },
  };
}
