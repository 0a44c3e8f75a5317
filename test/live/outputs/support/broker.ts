import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';

/** An MQTT broker that says what it keeps. */
export interface RetainingBroker {
  readonly port: number;
  /** Topic to payload. */
  readonly retained: ReadonlyMap<string, string>;
  /** `topic payload`, in order. */
  readonly published: readonly string[];
  /** Ends every connection without a word, as a cut cable does. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a broker on a port of the loopback. */
export async function startRetainingBroker(port = 0): Promise<RetainingBroker> {
  const retained = new Map<string, string>();
  const published: string[] = [];
  const broker = await Aedes.createBroker();
  broker.on('publish', ({ topic, payload, retain }) => {
    if (topic.startsWith('$SYS')) return;
    published.push(`${topic} ${payload}`);
    if (retain && payload.length === 0) retained.delete(topic);
    else if (retain) retained.set(topic, payload.toString());
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    ...{ retained, published, cut },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => broker.close(() => resolve()));
      }),
  };
}
