import { connectAsync, type MqttClient } from 'mqtt';
import { sentenceOf } from '../core/errors.ts';
import { OvernightError } from './errors.ts';
import type { Channel } from './outbox.ts';

const PATIENCE_MS = 10_000;

/** A channel that posts each message as JSON. Any answer of 2xx takes it; redirects are not followed. */
export function webhookChannel(address: string): Channel {
  const { host } = new URL(address);
  return {
    name: 'webhook',
    async deliver(body, signal) {
      let status: number;
      try {
        const answer = await fetch(address, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          redirect: 'manual',
          signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
        });
        await answer.body?.cancel();
        status = answer.status;
      } catch (cause) {
        const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : sentenceOf(cause);
        throw new OvernightError('not-delivered', `the webhook at ${host} cannot be reached: ${why}`, {
          cause,
          retryable: true,
        });
      }
      if (status < 200 || status >= 300) {
        throw new OvernightError('not-delivered', `the webhook at ${host} answered ${status}`, { retryable: true });
      }
    },
    async close() {},
  };
}

/**
 * A channel that publishes each message to an MQTT broker, once it is taken for certain (quality of service 1). The path
 * of the address is the topic: `mqtt://user:password@broker:1883/cameras/matches`. Connects at the first message, and anew
 * after a failure.
 */
export function mqttChannel(address: string): Channel {
  const url = new URL(address);
  const topic = decodeURIComponent(url.pathname.replace(/^\//, '')) || 'secondglance';
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const broker = `${url.protocol}//${url.host}`;
  let client: MqttClient | undefined;
  const close = async (): Promise<void> => {
    const last = client;
    client = undefined;
    await last?.endAsync(true).catch(() => undefined);
  };
  return {
    name: 'mqtt',
    async deliver(body, signal) {
      try {
        client ??= await connectAsync(
          broker,
          {
            reconnectPeriod: 0,
            connectTimeout: PATIENCE_MS,
            ...(username === '' ? {} : { username }),
            ...(password === '' ? {} : { password }),
          },
          false,
        );
        client.on('error', () => undefined);
        const late = new Promise<never>((_, reject) => {
          AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]).addEventListener('abort', () =>
            reject(new Error('it did not answer in time')),
          );
        });
        await Promise.race([client.publishAsync(topic, body, { qos: 1 }), late]);
      } catch (cause) {
        await close();
        throw new OvernightError('not-delivered', `the broker at ${url.host} did not take it: ${sentenceOf(cause)}`, {
          cause,
          retryable: true,
        });
      }
    },
    close,
  };
}
