import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';

/** What a receiver got. */
export interface Received {
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: IncomingHttpHeaders;
  readonly topic?: string;
}

/** Somebody who takes messages, on a port of loopback. */
export interface Receiver {
  readonly port: number;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** A web server that takes what is posted and answers as `answer` says: a status, or nothing at all (it hangs up). */
export async function startWebhook(answer: () => number | 'hang-up' = () => 204, port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const server = createHttpServer(async (request, response) => {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    const status = answer();
    received.push({ body: JSON.parse(text) as Record<string, unknown>, headers: request.headers });
    if (status === 'hang-up') request.socket.destroy();
    else response.writeHead(status, status >= 300 && status < 400 ? { location: '/elsewhere' } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** An MQTT broker; with `password`, for the user `camera` only. */
export async function startBroker(password?: string, port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const broker = await Aedes.createBroker({
    authenticate: (_client, user, secret, done) =>
      done(null, password === undefined || (user === 'camera' && secret?.toString() === password)),
  });
  broker.on('publish', ({ topic, payload, qos }, client) => {
    if (client === null || qos !== 1) return;
    received.push({ topic, body: JSON.parse(payload.toString()) as Record<string, unknown> });
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => broker.close(() => resolve()));
      }),
  };
}
