import { connectAsync, type MqttClient } from 'mqtt';
import { sentenceOf } from '../../core/errors.ts';
import { ArchiveError } from '../errors.ts';
import type { NotificationTransport } from './outbox.ts';

const TIMEOUT_MS = 10_000;

function notDelivered(what: string, cause?: unknown): ArchiveError {
  return new ArchiveError('not-delivered', what, { ...(cause === undefined ? {} : { cause }) });
}

/** User and password of a URL, decoded. */
function credentialsOf({ username, password }: URL): { readonly user: string; readonly secret: string } | undefined {
  if (username === '' && password === '') return undefined;
  return { user: decodeURIComponent(username), secret: decodeURIComponent(password) };
}

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

/** `late` rejects when the signal aborts or the timeout passes; `stop` cancels both. */
function deadline(signal: AbortSignal): { readonly late: Promise<never>; readonly stop: () => void } {
  let stop = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error('it did not respond in time')), TIMEOUT_MS);
    const onAbort = (): void => reject(new Error('the delivery was aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
  });
  late.catch(() => undefined);
  return { late, stop };
}

/** Publishes with quality of service 1. Rejects where the broker disconnects before the acknowledgement: the client would never settle. */
async function publish(client: MqttClient, topic: string, body: string): Promise<void> {
  let onClose = (): void => undefined;
  const gone = new Promise<never>((_, reject) => {
    onClose = () => reject(new Error('it closed the connection'));
    client.once('close', onClose);
  });
  try {
    await Promise.race([client.publishAsync(topic, body, { qos: 1 }), gone]);
  } finally {
    client.off('close', onClose);
  }
}

/**
 * A transport that publishes each message to an MQTT broker with quality of service 1. The URL's path is the topic:
 * `mqtt://user:password@broker:1883/cameras/matches`; the default is `secondglance`. Connects at the first message, and again
 * after a failure or a disconnection.
 */
export function mqttTransport(address: string): NotificationTransport {
  const url = new URL(address);
  const topic = decodeURIComponent(url.pathname.replace(/^\//, '')) || 'secondglance';
  const credentials = credentialsOf(url);
  const broker = `${url.protocol}//${url.host}`;
  let client: MqttClient | undefined;
  const close = async (): Promise<void> => {
    const last = client;
    client = undefined;
    await last?.endAsync(true).catch(() => undefined);
  };
  const connected = async (): Promise<MqttClient> => {
    if (client?.connected === true) return client;
    await close();
    const options = {
      reconnectPeriod: 0,
      connectTimeout: TIMEOUT_MS,
      ...(credentials === undefined ? {} : { username: credentials.user, password: credentials.secret }),
    };
    client = await connectAsync(broker, options, false);
    client.on('error', () => undefined);
    return client;
  };
  return {
    name: 'mqtt',
    async deliver(body, signal) {
      const { late, stop } = deadline(signal);
      try {
        await Promise.race([connected().then((open) => publish(open, topic, body)), late]);
      } catch (cause) {
        await close();
        throw notDelivered(`the broker at ${url.host} did not accept it: ${sentenceOf(cause)}`, cause);
      } finally {
        stop();
      }
    },
    close,
  };
}
