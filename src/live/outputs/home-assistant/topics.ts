import { topicId } from '../source-names.ts';

/** Topics of one source, below the topic of the broker's URL. All are retained. */
export interface SourceTopics {
  /** The last caption. */
  readonly caption: string;
  /** JSON: the whole text, its confidence and time. */
  readonly attributes: string;
  /** The last event. */
  readonly event: string;
  /** JSON: its whole text, confidence, times and support. */
  readonly eventAttributes: string;
  /** `ON` while the source is live. */
  readonly connected: string;
  /** `ON` while the caption has the words. */
  words(words: string): string;
}

/** `online`, or `offline` once this process has gone. */
export function statusTopic(base: string): string {
  return `${base}/status`;
}

/** Where the state of a source is published. */
export function topicsOf(base: string, source: string): SourceTopics {
  const own = `${base}/${topicId(source)}`;
  return {
    caption: `${own}/caption`,
    attributes: `${own}/attributes`,
    event: `${own}/event`,
    eventAttributes: `${own}/event/attributes`,
    connected: `${own}/connected`,
    words: (words) => `${own}/words/${topicId(words)}`,
  };
}
