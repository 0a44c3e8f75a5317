import { z } from 'zod';
import type { BrokerMessage } from '../../../archive/alerts/broker.ts';
import { VERSION } from '../../../core/version.ts';
import { topicId } from '../source-names.ts';
import { statusTopic, topicsOf } from './topics.ts';

/** What announcements of this program say of their origin. */
const ORIGIN = 'secondglance';

/** A source that is announced to Home Assistant. */
export interface Announcement {
  /** Its discovery prefix, `homeassistant` by default. */
  readonly prefix: string;
  /** Topic below which states are published. */
  readonly base: string;
  readonly source: string;
}

/** Matches the topics of all announcements. */
export function discoveryFilter(prefix: string): string {
  return `${prefix}/+/+/+/config`;
}

const ANNOUNCED = z.object({
  origin: z.object({ name: z.literal(ORIGIN) }),
  availability_topic: z.string(),
  state_topic: z.string(),
  json_attributes_topic: z.string().optional(),
});

/** The topics below `base` that an announcement of this program names; empty where it is another's. */
export function announcedTopics(base: string, payload: string): string[] {
  const { data } = ANNOUNCED.safeParse(parsed(payload));
  if (data?.availability_topic !== statusTopic(base)) return [];
  const topics = [data.state_topic, data.json_attributes_topic ?? data.state_topic];
  return [...new Set(topics)].filter((topic) => topic.startsWith(`${base}/`));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An entity of the device of a source. Its id follows from names, so that it stays the same over restarts. */
function entity(
  { prefix, base, source }: Announcement,
  component: 'sensor' | 'binary_sensor',
  object: string,
  config: object,
): BrokerMessage {
  const node = `secondglance_${topicId(source)}`;
  return {
    topic: `${prefix}/${component}/${node}/${object}/config`,
    retain: true,
    payload: JSON.stringify({
      ...config,
      unique_id: `${node}_${object}`,
      availability_topic: statusTopic(base),
      device: { identifiers: [node], name: source, manufacturer: ORIGIN, sw_version: VERSION },
      origin: { name: ORIGIN, sw_version: VERSION },
    }),
  };
}

/**
 * The messages that make Home Assistant show a source as a device (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery).
 * @param events events are published
 */
export function sourceMessages(announced: Announcement, events: boolean): BrokerMessage[] {
  const topics = topicsOf(announced.base, announced.source);
  return [
    entity(announced, 'sensor', 'caption', {
      name: 'Caption',
      icon: 'mdi:text-recognition',
      state_topic: topics.caption,
      json_attributes_topic: topics.attributes,
    }),
    ...(events
      ? [
          entity(announced, 'sensor', 'event', {
            name: 'Event',
            icon: 'mdi:run-fast',
            state_topic: topics.event,
            json_attributes_topic: topics.eventAttributes,
          }),
        ]
      : []),
    entity(announced, 'binary_sensor', 'connected', {
      name: 'Connected',
      device_class: 'connectivity',
      entity_category: 'diagnostic',
      state_topic: topics.connected,
    }),
  ];
}

/** The message that makes Home Assistant show whether a source has watched words. */
export function wordsMessage(announced: Announcement, words: string): BrokerMessage {
  return entity(announced, 'binary_sensor', `words_${topicId(words)}`, {
    name: words,
    icon: 'mdi:eye',
    state_topic: topicsOf(announced.base, announced.source).words(words),
  });
}
