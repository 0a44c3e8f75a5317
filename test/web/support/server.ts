import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, apiClient } from '../../../src/web/api/client.ts';
import type { EventName, ServerEvent } from '../../../src/web/api/schemas/server-events.ts';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { type Running, start } from '../../cli/support/program.ts';
import { until } from '../../support/processes.ts';

/** A started `secondglance serve`. */
export interface TestServer {
  /** `http://127.0.0.1:PORT/` */
  readonly address: string;
  readonly api: string;
  readonly client: ApiClient;
  readonly running: Running;
  readonly log: () => string;
  /** Waits until a video is in one of the states. */
  settled(id: string, ...states: Video['state'][]): Promise<Video>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the built program and waits for its address. */
export async function startServer(
  args: readonly string[],
  how: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<TestServer> {
  const running = await start(['serve', '--port', '0', '--workers', '1', ...args], how);
  let out = '';
  let log = '';
  running.child.stdout?.on('data', (text: string) => {
    out += text;
  });
  running.child.stderr?.on('data', (text: string) => {
    log += text;
  });
  let ended = false;
  void running.ended.then(() => {
    ended = true;
  });
  const address = await until(
    () => {
      if (ended) throw new Error(`serve ended: ${log}`);
      return /^(http:\S+)\n/.exec(out)?.[1];
    },
    240,
    'the address of the server',
  );
  const api = `${address}api`;
  const client = apiClient({ base: api });
  return {
    address,
    api,
    client,
    running,
    log: () => log,
    async settled(id, ...states) {
      const deadline = performance.now() + 240_000;
      for (;;) {
        const video = await client('GET /videos/{id}', { params: { id } });
        if (states.includes(video.state)) return video;
        if (performance.now() > deadline)
          throw new Error(`${id} is ${video.state}, not ${states.join(' or ')}: ${log}`);
        await sleep(50);
      }
    },
    async stop(signal = 'SIGTERM') {
      running.child.kill(signal);
      await running.ended;
    },
  };
}

/** A client of an event stream. */
export interface TestStream {
  readonly events: (ServerEvent & { readonly id: string })[];
  /** Waits for an event. */
  next<Name extends EventName>(
    name: Name,
    fits?: (data: Extract<ServerEvent, { name: Name }>['data']) => boolean,
  ): Promise<Extract<ServerEvent, { name: Name }>['data']>;
  close(): void;
}

/** Reads an event stream, from after `lastId` where that is given. */
export async function readStream(address: string, lastId?: string): Promise<TestStream> {
  const controller = new AbortController();
  const response = await fetch(address, {
    signal: controller.signal,
    headers: lastId === undefined ? {} : { 'last-event-id': lastId },
  });
  if (response.status !== 200 || response.body === null) throw new Error(`${address} answered ${response.status}`);
  const events: TestStream['events'] = [];
  const body = response.body.pipeThrough(new TextDecoderStream());
  const reading = async (): Promise<void> => {
    let rest = '';
    for await (const chunk of body) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const [id, name, data] = ['id', 'event', 'data'].map(field);
        if (id !== undefined && name !== undefined) {
          events.push({ id, name, data: JSON.parse(data ?? '{}') } as TestStream['events'][number]);
        }
      }
    }
  };
  reading().catch(() => undefined);
  return {
    events,
    next: (name, fits = () => true) =>
      until(
        () => {
          const found = events.find((event) => event.name === name && fits(event.data as never));
          return found?.data as never;
        },
        240,
        `the event ${name}`,
      ),
    close: () => controller.abort(),
  };
}
