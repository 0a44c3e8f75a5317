import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { addRule } from '../../../src/archive/alerts/alert-rules.ts';
import { waitingMessages } from '../../../src/archive/alerts/outbox.ts';
import { openDatabase } from '../../../src/archive/index/database.ts';
import { start } from '../../cli/support/program.ts';
import { benches, colourVideo } from '../../cli/support/room.ts';
import { until } from '../../support/processes.ts';
import { startBroker, startWebhook } from '../support/receivers.ts';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });

const bench = benches();
const SECRET = 'pa55word';

test('watch: what nobody took goes with the next run; a kill -9 loses none; no password is told', async () => {
  const { bundle, env, folder, at } = await bench('notify');
  await mkdir(at('cams'));
  await colourVideo(at('cams/front_20251124220509.mp4'), ['white', 'red'], 3);
  const webhook = await startWebhook();
  const broker = await startBroker(SECRET);
  const ports = [webhook.port, broker.port];
  await Promise.all([webhook.close(), broker.close()]);
  const args = [
    ...['watch', at('cams'), '--settle', '0s', '--state', at('night.db'), '--model', bundle, '--verbose'],
    ...['--notify', 'zebra'],
  ];
  // As the page adds it.
  const before = openDatabase(at('night.db'), { create: true });
  addRule(before, { words: 'red pictures', camera: 'front', exact: false, minConfidence: 0.5 });
  before.close();
  const own = {
    ...env,
    SECONDGLANCE_WEBHOOK: `http://camera:${SECRET}@127.0.0.1:${ports[0]}/hook?token=${SECRET}`,
    SECONDGLANCE_MQTT: `mqtt://camera:${SECRET}@127.0.0.1:${ports[1]}/cams`,
  };
  // Nobody is there: killed as soon as it has tried in vain.
  const first = await start(args, { cwd: folder, env: own });
  const tried = (): boolean => {
    if (!existsSync(at('night.db'))) return false;
    const db = openDatabase(at('night.db'), { create: true });
    const { n } = db.prepare('SELECT count(*) AS n FROM outbox WHERE tries > 0').get() as { n: number };
    db.close();
    return n === 2;
  };
  await until(tried, 400, 'both were tried in vain');
  first.child.kill('SIGKILL');
  const killed = await first.ended;
  expect(killed.stderr).toMatch(/the webhook at 127\.0\.0\.1:\d+ cannot be reached: .*; will retry/);
  expect(killed.stderr).toMatch(/the broker at 127\.0\.0\.1:\d+ did not accept it: .*; will retry/);

  const [hook, mqtt] = await Promise.all([startWebhook(undefined, ports[0]), startBroker(SECRET, ports[1])]);
  try {
    const second = await start([...args, '--json'], { cwd: folder, env: own });
    await until(() => hook.received.length > 0 && mqtt.received.length > 0, 400, 'both have it');
    second.child.kill('SIGTERM');
    const ended = await second.ended;
    expect(ended.code).toBe(143);
    const match = { event: 'match', words: 'red pictures', camera: 'front', matches: 1 };
    expect(hook.received.map(({ body }) => body)).toEqual([expect.objectContaining(match)]);
    expect(mqtt.received.map(({ body, topic }) => ({ topic, body }))).toEqual([
      { topic: 'cams', body: hook.received[0]?.body },
    ]);
    for (const text of [killed.stderr, killed.stdout, ended.stderr, ended.stdout]) expect(text).not.toContain(SECRET);
    const db = openDatabase(at('night.db'), { create: false });
    expect(waitingMessages(db)).toBe(0);
    db.close();
  } finally {
    await Promise.all([hook.close(), mqtt.close()]);
  }
});
