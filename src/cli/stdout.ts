import { describeFailure, EXIT } from '../core/failures.ts';
import { type OutputError, outputError } from '../storage/errors.ts';

/** What is done when nothing can be written to stdout any more. */
type Lost = (error: OutputError) => void;

/** A reader that went away (`| head`) is no failure of ours. */
function endAtOnce(error: OutputError): void {
  if (error.code === 'output-closed') process.exit(EXIT.done);
  process.stderr.write(`secondglance: ${describeFailure(error, process.argv.includes('--verbose'))}\n`);
  process.exit(EXIT.failed);
}

let onLost: Lost = endAtOnce;

/** Guards stdout: from here on, what cannot be written ends the process, or whatever {@link whenStdoutIsLost} says. */
export function guardStdout(): void {
  process.stdout.on('error', (error) => onLost(outputError(error, 'write to standard output')));
}

/** While something runs that has to be ended in order. Gives back the way to undo it. */
export function whenStdoutIsLost(lost: Lost): () => void {
  onLost = lost;
  return () => {
    onLost = endAtOnce;
  };
}
