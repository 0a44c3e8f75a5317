import { isWanted } from '../../../archive/alerts/alerts.ts';
import {
  type BrokerConnection,
  type BrokerMessage,
  brokerConnection,
  brokerOf,
} from '../../../archive/alerts/broker.ts';
import type { RuleMatcher } from '../../../archive/alerts/rule-matcher.ts';
import type { TextMatcher } from '../../../archive/index/match-text.ts';
import { tidy } from '../../../pipeline/cues/text.ts';
import {
  isCertain,
  type LiveCaption,
  type LiveEvent,
  type LiveVideoEvent,
  type StateChange,
} from '../../live-event.ts';
import type { Destination } from '../destination.ts';
import type { LiveAlerts } from '../live-output-settings.ts';
import { shownText } from '../shown-text.ts';
import { announcedTopics, discoveryFilter, sourceMessages, wordsMessage } from './discovery.ts';
import { statusTopic, topicsOf } from './topics.ts';

/** What is published, and where. */
export interface HomeAssistantSettings {
  /** URL of the broker; its path is the topic below which states are published. */
  readonly mqtt: string;
  /** Discovery prefix; undefined: states are published without being announced. */
  readonly discovery?: string | undefined;
  readonly sources: readonly string[];
  readonly alerts: LiveAlerts;
  readonly events: boolean;
}

/** Longest state that Home Assistant takes, in characters. */
const MOST_CHARACTERS = 255;
/** Home Assistant's word for a sensor without a value. */
const NOTHING = 'None';
const LAST_MESSAGE_MS = 2000;

function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= MOST_CHARACTERS ? text : `${characters.slice(0, MOST_CHARACTERS - 1).join('')}…`;
}

/**
 * Publishes the state of every source over MQTT: its last caption, whether it has each of the watched words (those of the rules of the archive
 * too, which may change), and whether the source is live. Only
 * the latest state counts: what changes while the broker is away is published once it is back. What an earlier run announced of words and
 * sources that are no longer there is removed.
 */
export class HomeAssistantDestination implements Destination {
  readonly name = 'mqtt, states';
  readonly #settings: HomeAssistantSettings;
  readonly #matcher: TextMatcher;
  readonly #rules: RuleMatcher | undefined;
  readonly #base: string;
  readonly #connection: BrokerConnection;
  readonly #ending = new AbortController();
  /** Topic to payload, as it should be. */
  readonly #wanted = new Map<string, string>();
  /** As the broker has it from this connection. */
  readonly #published = new Map<string, string>();
  /** Source to the words that are watched there. */
  readonly #words = new Map<string, readonly string[]>();
  #connections = 0;

  /** @param matcher of the settings' words */
  constructor(settings: HomeAssistantSettings, matcher: TextMatcher, rules?: RuleMatcher) {
    const { mqtt, sources, discovery: prefix, events } = settings;
    this.#settings = settings;
    this.#matcher = matcher;
    this.#rules = rules;
    this.#base = brokerOf(mqtt).topic;
    const status = statusTopic(this.#base);
    this.#connection = brokerConnection(mqtt, {
      will: { topic: status, payload: 'offline', retain: true },
      ...(prefix === undefined
        ? {}
        : { retained: { filter: discoveryFilter(prefix), take: (topic, payload) => this.#find(topic, payload) } }),
    });
    for (const source of sources) {
      if (prefix !== undefined) this.#want(sourceMessages({ prefix, base: this.#base, source }, events));
      this.#showCaption(source, '');
      this.#wanted.set(topicsOf(this.#base, source).connected, 'OFF');
      if (events) this.#wanted.set(topicsOf(this.#base, source).event, NOTHING);
    }
    this.#wanted.set(status, 'online');
  }

  #want(messages: readonly BrokerMessage[]): void {
    for (const { topic, payload } of messages) this.#wanted.set(topic, payload);
  }

  /** Announces words that have become watched, and removes what was announced of others. */
  #followRules(): void {
    const { sources, alerts, discovery: prefix } = this.#settings;
    for (const source of sources) {
      const before = this.#words.get(source) ?? [];
      const words = [...new Set([...alerts.queries, ...(this.#rules?.wordsFor(source) ?? [])])];
      const topics = topicsOf(this.#base, source);
      const announce = (one: string): BrokerMessage[] =>
        prefix === undefined ? [] : [wordsMessage({ prefix, base: this.#base, source }, one)];
      for (const gone of before.filter((one) => !words.includes(one))) {
        for (const topic of [...announce(gone).map((message) => message.topic), topics.words(gone)])
          this.#remove(topic);
      }
      for (const added of words.filter((one) => !before.includes(one))) {
        this.#want(announce(added));
        this.#wanted.set(topics.words(added), 'OFF');
      }
      this.#words.set(source, words);
    }
  }

  /** A retained message without content is removed. */
  #remove(topic: string): void {
    this.#wanted.set(topic, '');
  }

  async take(event: LiveEvent): Promise<void> {
    if (event.kind === 'caption') this.#caption(event);
    else if (event.kind === 'event' && isCertain(event)) this.#event(event);
    else if (event.kind === 'state') this.#state(event);
  }

  async work(): Promise<void> {
    this.#followRules();
    // A lost connection is noticed here: whatever is published first makes another.
    if (!this.#connection.connected) this.#published.clear();
    for (const [topic, payload] of this.#wanted) {
      if (this.#published.get(topic) === payload) continue;
      await this.#publish({ topic, payload, retain: true }, this.#ending.signal);
    }
  }

  /** Something is announced: by this run, by an earlier one, or by another program. */
  #find(topic: string, payload: string): void {
    if (this.#wanted.has(topic)) return;
    const states = announcedTopics(this.#base, payload);
    if (states.length === 0) return;
    for (const one of [topic, ...states]) if (!this.#wanted.has(one)) this.#remove(one);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#matcher.close();
    this.#rules?.close();
    const offline = { topic: statusTopic(this.#base), payload: 'offline', retain: true };
    if (this.#connection.connected) await this.#publish(offline, AbortSignal.timeout(LAST_MESSAGE_MS));
    await this.#connection.close();
  }

  async #publish(message: BrokerMessage, signal: AbortSignal): Promise<void> {
    await this.#connection.publish(message, signal);
    if (this.#connection.connections !== this.#connections) this.#published.clear();
    this.#connections = this.#connection.connections;
    this.#published.set(message.topic, message.payload);
  }

  #caption(caption: LiveCaption): void {
    const { source, at, confidence } = caption;
    const text = shownText(caption);
    const attributes = { text, confidence, time: new Date(at).toISOString() };
    this.#followRules();
    this.#showCaption(source, text, confidence, at);
    this.#wanted.set(topicsOf(this.#base, source).attributes, JSON.stringify(attributes));
  }

  #event({ source, start, end, text, confidence, support, frames }: LiveVideoEvent): void {
    const said = tidy(text);
    const times = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
    const { event, eventAttributes } = topicsOf(this.#base, source);
    this.#wanted.set(event, shortened(said));
    this.#wanted.set(eventAttributes, JSON.stringify({ text: said, confidence, ...times, support, frames }));
  }

  #state({ source, state }: StateChange): void {
    this.#wanted.set(topicsOf(this.#base, source).connected, state === 'live' ? 'ON' : 'OFF');
    if (state !== 'live') this.#showCaption(source, '');
  }

  #showCaption(source: string, text: string, confidence = 0, at = 0): void {
    const { alerts } = this.#settings;
    const topics = topicsOf(this.#base, source);
    this.#wanted.set(topics.caption, text === '' ? NOTHING : shortened(text));
    const seen =
      text === ''
        ? []
        : [
            ...(isWanted({ camera: source, confidence, start: at }, alerts) ? this.#matcher.matches(text) : []),
            ...(this.#rules?.matches({ camera: source, text, confidence, start: at }) ?? []),
          ];
    for (const words of this.#words.get(source) ?? [])
      this.#wanted.set(topics.words(words), seen.includes(words) ? 'ON' : 'OFF');
  }
}
