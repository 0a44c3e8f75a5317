import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { sentenceOf } from '../../core/errors.ts';
import { ArchiveError } from '../errors.ts';

/** How long a receiver has to accept a message, in milliseconds. */
export const TIMEOUT_MS = 10_000;

/** The error for a message that was not accepted; it is sent again. */
export function notDelivered(what: string, cause?: unknown): ArchiveError {
  return new ArchiveError('not-delivered', what, { ...(cause === undefined ? {} : { cause }) });
}

/** User and password of a URL, decoded. */
export function credentialsOf({
  username,
  password,
}: URL): { readonly user: string; readonly secret: string } | undefined {
  if (username === '' && password === '') return undefined;
  return { user: decodeURIComponent(username), secret: decodeURIComponent(password) };
}

/** An MQTT broker, as a URL names it: `mqtt://user:password@broker:1883/cameras/matches`. */
export interface Broker {
  /** For messages. */
  readonly host: string;
  /** The URL's path; default: `secondglance`. */
  readonly topic: string;
}

/** Reads the URL of a broker. */
export function brokerOf(address: string): Broker {
  const url = new URL(address);
  return { host: url.host, topic: decodeURIComponent(url.pathname.replace(/^\//, '')) || 'secondglance' };
}

/** A message to a topic. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: string;
  /** The broker keeps it for those who subscribe later. */
  readonly retain?: boolean;
}

/** What a connection does besides publishing. */
export interface BrokerOptions {
  /** What the broker publishes once this process is gone without a word. */
  readonly will?: BrokerMessage;
  /** Receives what the broker has retained under a topic filter, where it allows that. */
  readonly retained?: { readonly filter: string; readonly take: (topic: string, payload: string) => void };
}

/** A connection to a broker, made with the first message, and again after a failure or a disconnection. */
export interface BrokerConnection {
  /** Counts connections: what is published only once belongs to one of them. */
  readonly connections: number;
  readonly connected: boolean;
  /** Publishes with quality of service 1. Throws `not-delivered`. */
  publish(message: BrokerMessage, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
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
async function publish(client: MqttClient, { topic, payload, retain = false }: BrokerMessage): Promise<void> {
  let onClose = (): void => undefined;
  const gone = new Promise<never>((_, reject) => {
    onClose = () => reject(new Error('it closed the connection'));
    client.once('close', onClose);
  });
  try {
    await Promise.race([client.publishAsync(topic, payload, { qos: 1, retain }), gone]);
  } finally {
    client.off('close', onClose);
  }
}

/** Prepares a connection to the broker that a URL names. */
export function brokerConnection(address: string, { will, retained }: BrokerOptions = {}): BrokerConnection {
  const url = new URL(address);
  const credentials = credentialsOf(url);
  const options: IClientOptions = {
    reconnectPeriod: 0,
    connectTimeout: TIMEOUT_MS,
    ...(credentials === undefined ? {} : { username: credentials.user, password: credentials.secret }),
    ...(will === undefined
      ? {}
      : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain ?? false } }),
  };
  let client: MqttClient | undefined;
  let connections = 0;
  const drop = async (force: boolean): Promise<void> => {
    const last = client;
    client = undefined;
    await last?.endAsync(force).catch(() => undefined);
  };
  const connect = async (): Promise<MqttClient> => {
    if (client?.connected === true) return client;
    await drop(true);
    client = await connectAsync(`${url.protocol}//${url.host}`, options, false);
    client.on('error', () => undefined);
    connections += 1;
    if (retained !== undefined) {
      client.on('message', (topic, payload, { retain }) => {
        if (retain) retained.take(topic, payload.toString());
      });
      client.subscribeAsync(retained.filter).catch(() => undefined);
    }
    return client;
  };
  return {
    get connections() {
      return connections;
    },
    get connected() {
      return client?.connected === true;
    },
    async publish(message, signal) {
      const { late, stop } = deadline(signal);
      try {
        await Promise.race([connect().then((open) => publish(open, message)), late]);
      } catch (cause) {
        await drop(true);
        throw notDelivered(`the broker at ${url.host} did not accept it: ${sentenceOf(cause)}`, cause);
      } finally {
        stop();
      }
    },
    // Unless it is forced, the broker drops the will.
    close: () => drop(will === undefined || client?.connected !== true),
  };
}
