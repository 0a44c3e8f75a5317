import { Agent, get, type IncomingMessage } from 'node:http';

/** Clients of one event stream, each with a connection of its own, as browsers have. */
export class EventClients {
  readonly #streams: readonly IncomingMessage[];
  readonly #agent: Agent;

  private constructor(streams: readonly IncomingMessage[], agent: Agent) {
    this.#streams = streams;
    this.#agent = agent;
  }

  /** Connects so many clients. */
  static async open(address: string, count: number): Promise<EventClients> {
    const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
    const connect = (): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        get(address, { agent }, (stream) => {
          stream.setEncoding('utf8').once('data', () => resolve(stream));
        }).once('error', reject);
      });
    return new EventClients(await Promise.all(Array.from({ length: count }, connect)), agent);
  }

  /** Waits until every client has the next event of a name. Returns when each had it, by `performance.now()`. */
  next(name: string): Promise<number[]> {
    const heard = (stream: IncomingMessage): Promise<number> =>
      new Promise((resolve) => {
        let rest = '';
        const read = (text: string): void => {
          rest += text;
          if (!rest.includes(`event: ${name}\n`)) return;
          stream.off('data', read);
          resolve(performance.now());
        };
        stream.on('data', read);
      });
    return Promise.all(this.#streams.map(heard));
  }

  close(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#agent.destroy();
  }
}
