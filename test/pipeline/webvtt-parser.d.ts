/** What the tests use of the W3C's own WebVTT parser and validator, which has no types. */
declare module 'webvtt-parser' {
  /** A node of a cue's parsed text. */
  export interface VttNode {
    readonly type: 'text' | 'object' | 'timestamp';
    readonly value?: string;
    readonly children?: readonly VttNode[];
  }

  /** A parsed cue; times in seconds. */
  export interface VttCue {
    readonly id: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly text: string;
    readonly tree: VttNode;
  }

  /** Parses a whole file and lists every deviation from the standard. */
  export class WebVTTParser {
    /** `entities` maps `&amp;` to `&`, and so on. */
    constructor(entities: Readonly<Record<string, string>>);
    parse(
      input: string,
      mode: 'metadata' | 'captions',
    ): {
      readonly cues: readonly VttCue[];
      readonly errors: readonly { readonly message: string; readonly line: number }[];
    };
  }
}
