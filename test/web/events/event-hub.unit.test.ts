import { expect, test } from 'vitest';
import { EventHub } from '../../../src/web/events/event-hub.ts';

const A = 'v00000000000000000000000a';
const B = 'v00000000000000000000000b';

function listener() {
  const got: Buffer[] = [];
  const texts = (): string[] => got.map((bytes) => bytes.toString());
  const ids = (): string[] => texts().map((text) => /^id: (.*)$/m.exec(text)?.[1] ?? '');
  return { got, texts, ids, deliver: (bytes: Buffer) => got.push(bytes) };
}

test('a client gets the events of its video, the same bytes as all others', () => {
  const hub = new EventHub();
  const [all, other, one] = [listener(), listener(), listener()];
  hub.subscribe(undefined, undefined, all.deliver);
  hub.subscribe(undefined, undefined, other.deliver);
  const end = hub.subscribe(A, undefined, one.deliver);
  hub.publish('video-removed', { id: A }, A);
  hub.publish('video-removed', { id: B }, B);
  expect(all.got).toHaveLength(2);
  expect(all.got[0]).toBe(other.got[0]);
  expect(one.texts()).toEqual([all.texts()[0]]);
  expect(one.texts()[0]).toMatch(/^id: [0-9a-f]{12}-1\nevent: video-removed\ndata: \{"id":"v0+a"\}\n\n$/);
  end();
  hub.publish('video-removed', { id: A }, A);
  expect(one.got).toHaveLength(1);
  expect(hub.clients).toBe(2);
});

test('a client that comes back gets what it has missed, and no more', () => {
  const hub = new EventHub();
  const first = listener();
  const end = hub.subscribe(undefined, undefined, first.deliver);
  hub.publish('video-removed', { id: A }, A);
  end();
  hub.publish('video-removed', { id: B }, B);
  hub.publish('video-removed', { id: A }, A);
  const again = listener();
  hub.subscribe(undefined, first.ids()[0], again.deliver);
  expect(again.ids().map((id) => id.split('-')[1])).toEqual(['2', '3']);
  const ofA = listener();
  hub.subscribe(A, first.ids()[0], ofA.deliver);
  expect(ofA.ids().map((id) => id.split('-')[1])).toEqual(['3']);
  const current = listener();
  hub.subscribe(undefined, again.ids()[1], current.deliver);
  expect(current.got).toEqual([]);
});

test('a client that was away for too long, or since another start of the server, is told to load again', () => {
  const hub = new EventHub();
  const first = listener();
  hub.subscribe(undefined, undefined, first.deliver);
  for (let n = 0; n < 12_000; n++) hub.publish('video-removed', { id: A }, A);
  for (const id of [first.ids()[0], '0123456789ab-5', 'nonsense', `${first.ids()[0]}000000`]) {
    const late = listener();
    hub.subscribe(undefined, id, late.deliver);
    expect(late.texts()).toHaveLength(1);
    expect(late.texts()[0]).toMatch(/event: reset\n/);
    // From the reset on it can come back like any other.
    const back = listener();
    hub.subscribe(undefined, late.ids()[0], back.deliver);
    expect(back.got).toEqual([]);
  }
});
