import { notDelivered } from '../../../archive/alerts/broker.ts';
import { type Delivery, deliverDue, type NotificationTransport } from '../../../archive/alerts/outbox.ts';
import { counted } from '../../../core/text/wording.ts';
import type { OutputRun } from '../buffered-output.ts';
import type { Destination } from '../destination.ts';
import type { LiveState } from '../live-state.ts';

/** How long the last attempt at the end of a run may take, in milliseconds. */
const LAST_ATTEMPT_MS = 2000;

/** Delivers the notifications in the outbox by one transport. */
export class DeliveryDestination implements Destination {
  readonly name: string;
  readonly #state: LiveState;
  readonly #transport: NotificationTransport;
  readonly #run: OutputRun;
  readonly #ending = new AbortController();

  constructor(state: LiveState, transport: NotificationTransport, run: OutputRun) {
    this.name = transport.name;
    this.#state = state;
    this.#transport = transport;
    this.#run = run;
  }

  async take(): Promise<void> {}

  async work(): Promise<void> {
    const { expired, reasons } = await this.#deliver(this.#ending.signal);
    if (expired > 0) {
      this.#run.report(
        `${this.name}: ${counted(expired, 'message')} could not be delivered for a week and were dropped`,
      );
    }
    const [reason] = reasons;
    if (reason !== undefined) throw notDelivered(reason);
  }

  /** What is left stays in the state file for the next run; without one it is lost. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#deliver(AbortSignal.timeout(LAST_ATTEMPT_MS));
    await this.#transport.close();
    const { db, file } = this.#state;
    if (file !== undefined) return;
    const { n } = db.prepare('SELECT count(*) AS n FROM outbox WHERE channel = ?').get(this.#transport.name) as {
      n: number;
    };
    if (n > 0)
      throw notDelivered(
        `${counted(n, 'notification')} could not be delivered; with --state they wait for the next run`,
      );
  }

  #deliver(signal: AbortSignal): Promise<Delivery> {
    const { db, file = '' } = this.#state;
    return deliverDue({ db, file }, [this.#transport], signal, this.#run.clock.now());
  }
}
