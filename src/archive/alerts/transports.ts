import type { Settings } from '../../config/settings-schema.ts';
import { sentenceOf } from '../../core/errors.ts';
import { brokerConnection, brokerOf, credentialsOf, notDelivered, TIMEOUT_MS } from './broker.ts';
import type { NotificationTransport } from './outbox.ts';

/**
 * A transport that POSTs each message as JSON. Any 2xx status accepts it; redirects are not followed. A user and a password
 * in the URL go into the Authorization header.
 */
export function webhookTransport(address: string): NotificationTransport {
  const url = new URL(address);
  const { host } = url;
  const credentials = credentialsOf(url);
  // fetch rejects a URL that contains a password, and prints the password in its error.
  url.username = '';
  url.password = '';
  const basic =
    credentials === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${credentials.user}:${credentials.secret}`).toString('base64')}` };
  return {
    name: 'webhook',
    async deliver(body, signal) {
      let status: number;
      try {
        const answer = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...basic },
          body,
          redirect: 'manual',
          signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        });
        await answer.body?.cancel();
        status = answer.status;
      } catch (cause) {
        const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : sentenceOf(cause);
        throw notDelivered(`the webhook at ${host} cannot be reached: ${why}`, cause);
      }
      if (status < 200 || status >= 300) throw notDelivered(`the webhook at ${host} answered ${status}`);
    },
    async close() {},
  };
}

/**
 * A transport that publishes each message to an MQTT broker with quality of service 1. The URL's path is the topic:
 * `mqtt://user:password@broker:1883/cameras/matches`; the default is `secondglance`. Connects at the first message, and again
 * after a failure or a disconnection.
 */
export function mqttTransport(address: string): NotificationTransport {
  const { topic } = brokerOf(address);
  const connection = brokerConnection(address);
  return {
    name: 'mqtt',
    deliver: (body, signal) => connection.publish({ topic, payload: body }, signal),
    close: () => connection.close(),
  };
}

/** The transports to where notifications go. Each connects with its first message. */
export function openTransports({
  webhook,
  mqtt,
}: Partial<Pick<Settings, 'webhook' | 'mqtt'>>): NotificationTransport[] {
  return [
    ...(webhook === undefined ? [] : [webhookTransport(webhook)]),
    ...(mqtt === undefined ? [] : [mqttTransport(mqtt)]),
  ];
}
