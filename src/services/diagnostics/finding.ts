import { describeFailure } from '../../core/failures.ts';

/** The result of one check. `warn` does not prevent anything from working. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly message: string;
}

/** Runs a check; what it throws becomes a failed finding. */
export async function check(name: string, verbose: boolean, run: () => Promise<Finding>): Promise<Finding> {
  try {
    return await run();
  } catch (error) {
    return { name, state: 'fail', message: describeFailure(error, verbose) };
  }
}
