import { z } from 'zod';
import type { BrokerMessage } from '../../../archive/alerts/broker.ts';
import { VERSION } from '../../../core/version.ts';
import { topicId } from '../source-names.ts';
import { statusTopic, topicsOf } from './topics.ts';

/** What announcements of this program say of their origin. */
const ORIGIN = 'secondglance';

/** What is announced to Home Assistant. */
export interface Announcement {
  /** Its discovery prefix, `homeassistant` by default. */
  readonly prefix: string;
  /** Topic below which states are published. */
  readonly base: string;
  readonly source: string;
  /** Watched words. */
  readonly queries: readonly string[];
  /** Events are published. */
  readonly events: boolean;
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

/**
 * The messages that make Home Assistant show a source as a device (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery). Ids follow
 * from the names of the source and the words, so that they stay the same over restarts.
 */
export function discoveryMessages({ prefix, base, source, queries, events }: Announcement): BrokerMessage[] {
  const node = `secondglance_${topicId(source)}`;
  const topics = topicsOf(base, source);
  const message = (component: string, object: string, config: object): BrokerMessage => ({
    topic: `${prefix}/${component}/${node}/${object}/config`,
    retain: true,
    payload: JSON.stringify({
      ...config,
      unique_id: `${node}_${object}`,
      availability_topic: statusTopic(base),
      device: { identifiers: [node], name: source, manufacturer: ORIGIN, sw_version: VERSION },
      origin: { name: ORIGIN, sw_version: VERSION },
    }),
  });
  return [
    message('sensor', 'caption', {
      name: 'Caption',
      icon: 'mdi:text-recognition',
      state_topic: topics.caption,
      json_attributes_topic: topics.attributes,
    }),
    ...(events
      ? [
          message('sensor', 'event', {
            name: 'Event',
            icon: 'mdi:run-fast',
            state_topic: topics.event,
            json_attributes_topic: topics.eventAttributes,
          }),
        ]
      : []),
    message('binary_sensor', 'connected', {
      name: 'Connected',
      device_class: 'connectivity',
      entity_category: 'diagnostic',
      state_topic: topics.connected,
    }),
    ...queries.map((words) =>
      message('binary_sensor', `words_${topicId(words)}`, {
        name: words,
        icon: 'mdi:eye',
        state_topic: topics.words(words),
      }),
    ),
  ];
}
