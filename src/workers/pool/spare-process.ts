import { InferenceProcess } from './inference-process.ts';

let spare: InferenceProcess | undefined;

/** Starts an inference process before its model is known, for a program that certainly needs one: it starts while the program is loaded. */
export function startSpare(): void {
  spare ??= new InferenceProcess();
}

/** The spare process, where there is one, else a new one. */
export function takeProcess(): InferenceProcess {
  const taken = spare?.alive === true ? spare : new InferenceProcess();
  spare = undefined;
  return taken;
}

/** Ends the spare process where nothing has taken it. */
export async function stopSpare(): Promise<void> {
  const unused = spare;
  spare = undefined;
  await unused?.stop();
}
