import { expect, test } from 'vitest';
import type { LiveEvent } from '../../../src/live/live-event.ts';
import { BufferedOutput } from '../../../src/live/outputs/buffered-output.ts';
import type { Destination } from '../../../src/live/outputs/destination.ts';
import { caption, ManualClock, state } from './support/events.ts';

/** A destination that fails while `problem` says why. */
class Stub implements Destination {
  readonly name = 'front, stub';
  readonly taken: LiveEvent[] = [];
  attempts = 0;
  worked = 0;
  problem: string | undefined;
  closed = false;
  hangs: Promise<void> | undefined;

  async take(event: LiveEvent): Promise<void> {
    this.attempts += 1;
    await this.hangs;
    if (this.problem !== undefined) throw new Error(this.problem);
    this.taken.push(event);
  }

  async work(): Promise<void> {
    this.worked += 1;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

function opened() {
  const clock = new ManualClock();
  const stub = new Stub();
  const said: string[] = [];
  const output = new BufferedOutput(stub, { clock, report: (note) => said.push(note) });
  const pass = async (ms: number): Promise<void> => {
    await clock.pass(ms);
    await output.settled();
  };
  return { clock, stub, said, output, pass };
}

const texts = (events: readonly LiveEvent[]) =>
  events.map((event) => (event.kind === 'caption' ? event.text : event.kind));

test('events arrive in order; what is due is done once a second', async () => {
  const { stub, output, pass, said } = opened();
  for (let at = 0; at < 5; at += 1) await output.write(caption(at, `${at}`));
  await output.settled();
  expect(texts(stub.taken)).toEqual(['0', '1', '2', '3', '4']);
  const before = stub.worked;
  await pass(10_000);
  expect(stub.worked - before).toBe(10);
  await output.close();
  expect({ closed: stub.closed, said }).toEqual({ closed: true, said: [] });
});

test('a failure is said once, tried again with growing pauses, and nothing is lost', async () => {
  const { stub, output, pass, said } = opened();
  stub.problem = 'the disk is full';
  for (let at = 0; at < 100; at += 1) {
    await output.write(caption(at, `${at}`));
    await pass(1000);
  }
  expect(said).toEqual(['front, stub: the disk is full; will retry']);
  // After 1, 2, 4, 8, 16, 32 s, then each minute.
  expect(stub.attempts).toBe(7);
  stub.problem = 'the disk is gone';
  await pass(60_000);
  stub.problem = undefined;
  await pass(60_000);
  expect(said.slice(1)).toEqual(['front, stub: the disk is gone; will retry', 'front, stub: works again']);
  expect(stub.taken).toHaveLength(100);
  await output.close();
});

test('the queue is bounded: the oldest captions go, changes of state stay, and the number is said', async () => {
  const { stub, output, pass, said } = opened();
  stub.problem = 'nobody there';
  await output.write(caption(-1, 'first'));
  await output.settled();
  await output.write(state(0, 'failed'));
  for (let at = 0; at < 1500; at += 1) await output.write(caption(at, `${at}`));
  stub.problem = undefined;
  await pass(60_000);
  expect(texts(stub.taken)).toEqual(['first', 'state', ...Array.from({ length: 999 }, (_, at) => `${at + 501}`)]);
  expect(said).toEqual([
    'front, stub: nobody there; will retry',
    'front, stub: 1000 events wait; from now on the oldest are dropped',
    'front, stub: works again; 501 events had to be dropped',
  ]);
  await output.close();
});

test('events wait without pictures where the destination uses none', async () => {
  const { stub, output } = opened();
  await output.write(caption(0, 'A dog', { picture: Buffer.from('JPEG') }));
  await output.settled();
  expect(stub.taken).toEqual([caption(0, 'A dog')]);
  await output.close();
});

test('close: what waits is tried once more; what hangs is left', async () => {
  const failing = opened();
  failing.stub.problem = 'nobody there';
  for (let at = 0; at < 3; at += 1) await failing.output.write(caption(at, `${at}`));
  await failing.output.settled();
  await failing.output.close();
  expect(failing.said).toEqual(['front, stub: nobody there; will retry', 'front, stub: 3 events could not be written']);

  const hanging = opened();
  hanging.stub.hangs = new Promise(() => undefined);
  await hanging.output.write(caption(0, '0'));
  const closing = hanging.output.close();
  await hanging.clock.pass(3000);
  await closing;
  expect(hanging.stub.closed).toBe(true);
});
