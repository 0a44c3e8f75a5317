// Locks the state file that is named on the command line and blocks its event loop until it is killed.
import { lockState } from '../../../src/archive/index/state-lock.ts';

lockState(process.argv[2] ?? '');
process.send?.('locked');
setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
