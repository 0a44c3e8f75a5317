// Set-up of the unit tests. They start no process, so all of them together take seconds.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const) {
  Object.assign(childProcess, {
    [name]: (command: unknown) => {
      throw new Error(`a unit test starts no process (${command}): rename the file from *.unit.test.ts to *.test.ts`);
    },
  });
}
syncBuiltinESMExports();
