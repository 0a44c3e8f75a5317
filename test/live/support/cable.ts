import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

function ip(...args: string[]): Promise<unknown> {
  return promisify(execFile)('ip', args);
}

function missing(): string | undefined {
  const probe = `sg-probe-${process.pid}`;
  try {
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'del', probe], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'network namespaces need root and ip';
  }
}

/** Why there are no cables; undefined where there are. */
export const NO_CABLES = missing();

/** A network namespace that is connected to this one by a cable. */
export interface Cable extends AsyncDisposable {
  readonly namespace: string;
  /** The address at the other end. */
  readonly address: string;
  /** Takes the cable out. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  /** Lets every packet to the other end get lost, without an error on this side. */
  lose(): Promise<void>;
  deliver(): Promise<void>;
}

let count = 0;

/** Lays a cable. Its name and addresses are those of this process. */
export async function layCable(): Promise<Cable> {
  count += 1;
  const namespace = `sg-${process.pid}-${count}`;
  const [here, there] = [`sgh${process.pid % 100_000}x${count}`, `sgt${process.pid % 100_000}x${count}`];
  const net = `10.${200 + (process.pid % 50)}.${(process.pid >> 6) % 250}`;
  const address = `${net}.${4 * count + 2}`;
  await ip('netns', 'add', namespace);
  await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', namespace);
  await ip('addr', 'add', `${net}.${4 * count + 1}/30`, 'dev', here);
  await ip('-n', namespace, 'addr', 'add', `${address}/30`, 'dev', there);
  await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  await ip('-n', namespace, 'link', 'set', there, 'up');
  await ip('link', 'set', here, 'up');
  return {
    ...{ namespace, address },
    unplug: async () => void (await ip('link', 'set', here, 'down')),
    plug: async () => void (await ip('link', 'set', here, 'up')),
    // A hardware address that nothing has.
    async lose() {
      await ip('neigh', 'replace', address, 'lladdr', '02:00:00:00:00:99', 'dev', here, 'nud', 'permanent');
      const other = `${net}.${4 * count + 1}`;
      await ip(
        '-n',
        namespace,
        'neigh',
        'replace',
        other,
        'lladdr',
        '02:00:00:00:00:98',
        'dev',
        there,
        'nud',
        'permanent',
      );
    },
    async deliver() {
      await ip('neigh', 'flush', 'dev', here, 'nud', 'permanent');
      await ip('-n', namespace, 'neigh', 'flush', 'dev', there, 'nud', 'permanent');
    },
    [Symbol.asyncDispose]: async () => void (await ip('netns', 'del', namespace)),
  };
}
