import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { program, type Running, run, startCommand } from '../cli/support/program.ts';
import { colourVideo } from '../cli/support/room.ts';
import { buildTinyBundle } from '../support/tiny-bundle.ts';
import { makeFolder } from '../support/videos.ts';

const HOSTS = [
  { name: `sg-a-${process.pid}`, device: 'sga', address: '10.99.77.1', mac: '02:00:00:00:77:01' },
  { name: `sg-b-${process.pid}`, device: 'sgb', address: '10.99.77.2', mac: '02:00:00:00:77:02' },
] as const;
const [A, B] = HOSTS;
/** Nobody's: what is sent there is lost without a word, like on a cable that was cut further on. */
const NOBODY = '02:00:00:00:77:ff';
const CUT_MS = 20_000;

/** Only root may make network namespaces, and only where there is `ip`. */
function possible(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    const probe = `sg-probe-${process.pid}`;
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'del', probe], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const ip = async (line: string): Promise<void> => {
  await promisify(execFile)('ip', line.split(' '));
};

async function wire(): Promise<void> {
  for (const { name } of HOSTS) await ip(`netns add ${name}`);
  await ip(`link add ${A.device} netns ${A.name} type veth peer name ${B.device} netns ${B.name}`);
  for (const { name, device, address, mac } of HOSTS) {
    await ip(`-n ${name} link set ${device} address ${mac}`);
    await ip(`-n ${name} addr add ${address}/24 dev ${device}`);
    await ip(`-n ${name} link set lo up`);
    await ip(`-n ${name} link set ${device} up`);
  }
}

async function cable(state: 'cut' | 'whole'): Promise<void> {
  for (const [own, other] of [
    [A, B],
    [B, A],
  ] as const) {
    const mac = state === 'cut' ? NOBODY : other.mac;
    await ip(`-n ${own.name} neigh replace ${other.address} lladdr ${mac} dev ${own.device} nud permanent`);
  }
}

test.skipIf(!possible())(
  'two hosts with a cut of 20 s between them write what one machine writes (needs root and ip netns)',
  async () => {
    const folder = await makeFolder();
    const running: Running[] = [];
    try {
      const bundle = await buildTinyBundle(path.join(folder.path, 'tiny'), { spin: 20_000 });
      const video = path.join(folder.path, 'long.mkv');
      await colourVideo(video, ['red', 'green', 'blue', 'yellow'], 60);
      const options = ['--frames', 'every:1s', '-f', 'vtt,json', '--model', bundle];
      const env = {
        SECONDGLANCE_STATE_DIR: path.join(folder.path, 'state'),
        SECONDGLANCE_ALLOW_PATHS: folder.path,
        SECONDGLANCE_REDIS_URL: `redis://${A.address}:6379`,
      };
      const how = { cwd: folder.path, env };
      const alone = path.join(folder.path, 'alone');
      expect(await run(['caption', video, ...options, '-o', `${alone}/`], how)).toMatchObject({ code: 0 });

      await wire();
      await cable('whole');
      const on = (host: { name: string }, ...command: string[]): Running => {
        const started = startCommand('ip', ['netns', 'exec', host.name, ...command], how);
        running.push(started);
        return started;
      };
      const sg = [process.execPath, await program()];
      await mkdir(path.join(folder.path, 'redis'));
      on(A, 'redis-server', '--bind', A.address, '--protected-mode', 'no', '--dir', path.join(folder.path, 'redis'));
      on(A, ...sg, 'ingest');
      on(A, ...sg, 'assemble');
      const workers = [1, 2].map(() => on(B, ...sg, 'worker', '--model', bundle, '--concurrency', '1'));
      const waiting = on(A, ...sg, 'submit', video, ...options, '-o', path.join(folder.path, 'queued/'), '--wait');
      const ask = async (...command: string[]): Promise<number> => {
        const args = ['netns', 'exec', A.name, 'redis-cli', '-h', A.address, ...command];
        return Number((await promisify(execFile)('ip', args)).stdout);
      };
      const results = async (): Promise<number> => {
        const { stdout } = await promisify(execFile)('ip', [
          ...['netns', 'exec', A.name, 'redis-cli', '-h', A.address, 'keys', 'secondglance:results:*'],
        ]);
        const key = stdout.trim();
        return key === '' ? 0 : ask('hlen', key);
      };
      for (const end = Date.now() + 240_000; (await results().catch(() => 0)) < 2; ) {
        expect(Date.now()).toBeLessThan(end);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await cable('cut');
      const atCut = await results();
      expect(atCut).toBeLessThan(30);
      await new Promise((resolve) => setTimeout(resolve, CUT_MS));
      // What was on its way may have arrived; then nothing more does.
      expect(await results()).toBeLessThanOrEqual(atCut + 2);
      await cable('whole');
      expect(await waiting.ended).toMatchObject({ code: 0 });
      for (const file of ['long.vtt', 'long.json']) {
        const queued = await readFile(path.join(folder.path, 'queued', file), 'utf8');
        expect(queued).toBe(await readFile(path.join(alone, file), 'utf8'));
      }
      for (const { child } of workers) child.kill('SIGTERM');
      for (const { ended } of workers) expect(await ended).toMatchObject({ code: 0 });
    } finally {
      for (const { child } of running) child.kill('SIGKILL');
      await Promise.all(running.map(({ ended }) => ended));
      for (const { name } of HOSTS) await ip(`netns del ${name}`).catch(() => undefined);
      await folder.remove();
    }
  },
  900_000,
);
