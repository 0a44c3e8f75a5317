import type { Request, Response } from 'express';
import type { EventHub } from './event-hub.ts';

/** Between two signs of life, which keep proxies from ending the connection. */
const HEARTBEAT_MS = 15_000;
/** What a client may leave unread. Then its connection is ended; it comes back and resumes. */
const MOST_UNREAD = 2 ** 20;
const HEARTBEAT = Buffer.from(': alive\n\n');
const GREETING = Buffer.from('retry: 2000\n\n');

/** Answers a request with the events of one video or of all, until the client leaves. */
export function streamEvents(hub: EventHub, video: string | undefined, request: Request, response: Response): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // nginx would collect the answer first.
    'x-accel-buffering': 'no',
  });
  const send = (bytes: Buffer): void => {
    if (response.writableLength > MOST_UNREAD) response.destroy();
    else response.write(bytes);
  };
  send(GREETING);
  const heartbeat = setInterval(() => send(HEARTBEAT), HEARTBEAT_MS);
  const lastId = request.get('last-event-id');
  const unsubscribe = hub.subscribe(video, lastId === '' ? undefined : lastId, send);
  response.once('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
}
