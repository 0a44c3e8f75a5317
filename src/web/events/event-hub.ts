import { randomBytes } from 'node:crypto';
import type { EventData, EventName } from '../api/schemas/server-events.ts';

/** Events that a client may have missed and can still get. */
const KEPT_EVENTS = 5000;
const KEPT_BYTES = 8 * 2 ** 20;

/** An event as it goes out: serialised once for all clients. */
interface KeptEvent {
  readonly number: number;
  /** The video that it is about; undefined for jobs. */
  readonly video: string | undefined;
  readonly bytes: Buffer;
}

/** Takes the bytes of one event. */
export type Deliver = (bytes: Buffer) => void;

interface Subscriber {
  readonly video: string | undefined;
  readonly deliver: Deliver;
}

/** An event in the format of server-sent events. JSON has no line feeds. */
function frame(id: string, name: EventName, data: unknown): Buffer {
  return Buffer.from(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/**
 * Hands events to all clients. The last ones are kept, so that a client that was away for a moment gets what it has missed;
 * one that was away for longer gets `reset`.
 */
export class EventHub {
  readonly #epoch = randomBytes(6).toString('hex');
  readonly #subscribers = new Set<Subscriber>();
  #kept: KeptEvent[] = [];
  #bytes = 0;
  #number = 0;

  get clients(): number {
    return this.#subscribers.size;
  }

  /** Publishes an event. `video` is the one that it is about. */
  publish<Name extends EventName>(name: Name, data: EventData<Name>, video?: string): void {
    this.#number += 1;
    const event = { number: this.#number, video, bytes: frame(`${this.#epoch}-${this.#number}`, name, data) };
    this.#kept.push(event);
    this.#bytes += event.bytes.length;
    if (this.#kept.length > 2 * KEPT_EVENTS || this.#bytes > 2 * KEPT_BYTES) this.#forget();
    for (const subscriber of this.#subscribers) {
      if (subscriber.video === undefined || subscriber.video === video) subscriber.deliver(event.bytes);
    }
  }

  #forget(): void {
    let bytes = 0;
    let first = this.#kept.length;
    while (first > 0 && this.#kept.length - first < KEPT_EVENTS) {
      bytes += this.#kept[first - 1]?.bytes.length ?? 0;
      if (bytes > KEPT_BYTES) break;
      first -= 1;
    }
    this.#kept = this.#kept.slice(first);
    this.#bytes = this.#kept.reduce((sum, event) => sum + event.bytes.length, 0);
  }

  /**
   * Delivers what came after the event `lastId` and everything from now on, of one video or of all. Returns what ends it.
   */
  subscribe(video: string | undefined, lastId: string | undefined, deliver: Deliver): () => void {
    const subscriber = { video, deliver };
    if (lastId !== undefined) this.#replay(subscriber, lastId);
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  #replay({ video, deliver }: Subscriber, lastId: string): void {
    const [, epoch, text] = /^([0-9a-f]{12})-(\d{1,15})$/.exec(lastId) ?? [];
    const last = Number(text);
    const oldest = (this.#kept[0]?.number ?? this.#number + 1) - 1;
    if (epoch !== this.#epoch || last < oldest || last > this.#number) {
      deliver(frame(`${this.#epoch}-${this.#number}`, 'reset', {}));
      return;
    }
    for (const event of this.#kept) {
      if (event.number > last && (video === undefined || video === event.video)) deliver(event.bytes);
    }
  }
}
