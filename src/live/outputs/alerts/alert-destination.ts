import { isWanted } from '../../../archive/alerts/alerts.ts';
import { messageId } from '../../../archive/alerts/match-message.ts';
import { dropOldestMessages, enqueueMessage, type NotificationTransport } from '../../../archive/alerts/outbox.ts';
import { RuleMatcher } from '../../../archive/alerts/rule-matcher.ts';
import { readFact, writeFact } from '../../../archive/index/database.ts';
import type { TextMatcher } from '../../../archive/index/match-text.ts';
import { counted } from '../../../core/text/wording.ts';
import type { Clock } from '../../../core/time/clock.ts';
import { tidy } from '../../../pipeline/cues/text.ts';
import type { LiveCaption, LiveEvent } from '../../live-event.ts';
import type { OutputRun } from '../buffered-output.ts';
import type { Destination } from '../destination.ts';
import type { LiveAlerts } from '../live-output-settings.ts';
import type { LiveState } from '../live-state.ts';

/** Messages that wait for a transport. */
const MOST_MESSAGES = 500;

/** Words of a source, which may be notified of. */
type Said = Pick<LiveCaption, 'source' | 'at' | 'text' | 'confidence' | 'picture' | 'segment'> & {
  readonly end?: number;
};

/** A message, with the keys of those that `watch` sends. */
function messageOf({ source, at, end, text, confidence, picture, segment }: Said, words: string): string {
  const until = end === undefined ? null : new Date(end).toISOString();
  return JSON.stringify({
    event: 'match',
    id: messageId(`${source}\n${at}`, words),
    words,
    camera: source,
    file: segment?.file ?? null,
    start: new Date(at).toISOString(),
    matches: 1,
    cues: [{ start: new Date(at).toISOString(), end: until, text: tidy(text), confidence }],
    picture: picture === undefined ? null : `data:image/jpeg;base64,${Buffer.from(picture).toString('base64')}`,
  });
}

/**
 * Puts a notification into the outbox when a caption has watched words, or those of a rule of the archive, that were not seen for a while: whoever stays in the picture causes
 * one. When the words were last seen is stored, so that a restart causes none either.
 */
export class AlertDestination implements Destination {
  readonly name = 'notifications';
  readonly usesPictures = true;
  readonly #state: LiveState;
  readonly #matcher: TextMatcher;
  readonly #rules: RuleMatcher;
  readonly #alerts: LiveAlerts;
  readonly #transports: readonly Pick<NotificationTransport, 'name'>[];
  readonly #clock: Clock;
  readonly #report: OutputRun['report'];
  #dropped = 0;
  /** The words of each source's last caption, which holds until the next one or until the source goes away. */
  readonly #shown = new Map<string, ReadonlySet<string>>();

  constructor(
    state: LiveState,
    matcher: TextMatcher,
    alerts: LiveAlerts,
    transports: readonly Pick<NotificationTransport, 'name'>[],
    { clock, report }: OutputRun,
  ) {
    this.#state = state;
    this.#matcher = matcher;
    this.#rules = new RuleMatcher(state.db);
    this.#alerts = alerts;
    this.#transports = transports;
    this.#clock = clock;
    this.#report = report;
  }

  async take(event: LiveEvent): Promise<void> {
    if (event.kind === 'state' && event.state !== 'live') this.#shown.delete(event.source);
    if (event.kind === 'caption') this.#shown.set(event.source, this.#take(event));
    else if (event.kind === 'event') this.#take({ ...event, at: event.start });
  }

  /** Returns the words that were seen. */
  #take(said: Said): ReadonlySet<string> {
    const { source: camera, confidence, at: start } = said;
    const text = tidy(said.text);
    const seen = new Set([
      ...(isWanted({ camera, confidence, start }, this.#alerts) ? this.#matcher.matches(text) : []),
      ...this.#rules.matches({ camera, text, confidence, start }),
    ]);
    if (seen.size === 0) return seen;
    const { db } = this.#state;
    db.transaction(() => {
      for (const words of seen) this.#see(said, words);
    }).immediate();
    return seen;
  }

  async close(): Promise<void> {
    this.#matcher.close();
    this.#rules.close();
  }

  #see(said: Said, words: string): void {
    const { db } = this.#state;
    const now = this.#clock.now();
    const fact = `seen live: ${said.source}\n${words}`;
    const last = readFact(db, fact);
    writeFact(db, fact, String(now));
    // A still picture is captioned once a minute: its words were seen all the time.
    if (last !== undefined && said.end === undefined && this.#shown.get(said.source)?.has(words) === true) return;
    // Also where the clock was set back.
    if (last !== undefined && Math.abs(now - Number(last)) <= this.#alerts.pause) return;
    // An event that has ended, of which a caption had the words while it went on.
    if (last !== undefined && said.end !== undefined && Number(last) >= said.at) return;
    enqueueMessage(db, messageOf(said, words), this.#transports, now);
    for (const transport of this.#transports) this.#bound(transport);
  }

  #bound(transport: Pick<NotificationTransport, 'name'>): void {
    const dropped = dropOldestMessages(this.#state.db, transport, MOST_MESSAGES);
    if (dropped > 0 && this.#dropped === 0) {
      this.#report(
        `${this.name}: ${counted(MOST_MESSAGES, 'message')} wait for ${transport.name}; from now on the oldest are dropped`,
      );
    }
    this.#dropped += dropped;
  }
}
