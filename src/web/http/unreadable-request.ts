import type { RequestListener, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { RequestError } from '../errors.ts';
import { problemOf } from './problems.ts';

function messageOf({ code }: NodeJS.ErrnoException): string {
  if (code === 'HPE_HEADER_OVERFLOW') return 'the address and the headers of the request are too long together';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'the request did not arrive in time';
  return 'the request is not HTTP';
}

/** Answers requests that are not HTTP, or whose headers are too long, with a problem: they never reach the application. */
export function answerUnreadable(server: Pick<Server, 'on'>): void {
  const busy = new WeakSet<Duplex>();
  const track: RequestListener = ({ socket }, response) => {
    busy.add(socket);
    response.once('close', () => busy.delete(socket));
  };
  server.on('request', track);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // In the middle of another answer nothing can be said.
    if (!socket.writable || busy.has(socket) || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const body = Buffer.from(JSON.stringify(problemOf(new RequestError(messageOf(error)))));
    socket.end(
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
            `content-length: ${body.length}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n`,
        ),
        body,
      ]),
    );
  });
}
