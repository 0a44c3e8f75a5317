import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const TRIAL_MS = 30_000;

/**
 * A program of util-linux that changes itself and then becomes another program, as the start of a command; empty where the system has none that
 * takes these arguments.
 */
export async function findWrapper(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const wrapper = join(folder, name);
    const found =
      folder !== '' &&
      (await access(wrapper, constants.X_OK).then(
        () => true,
        () => false,
      ));
    if (!found) continue;
    // BusyBox has a setpriv without the option; a limit may be lower already. Loaded here, because inference processes need none of it.
    const { execa } = await import('execa');
    const { failed } = await execa(wrapper, [...args, wrapper, '--version'], {
      reject: false,
      stdio: 'ignore',
      timeout: TRIAL_MS,
    });
    return failed ? [] : [wrapper, ...args];
  }
  return [];
}
