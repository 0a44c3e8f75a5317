import { effect, signal } from '@preact/signals';
import type { Session } from '../../../src/web/api/schemas/system.ts';
import { api, inWords, sessionEnded } from './server.ts';

/** Who asks; undefined until the server has said. */
export const session = signal<Session | undefined>(undefined);

/** Why the server has not said it. */
export const sessionProblem = signal<string | undefined>(undefined);

/** Asks the server whether a password is needed. */
export async function loadSession(): Promise<void> {
  try {
    session.value = await api('GET /session');
    sessionProblem.value = undefined;
  } catch (error) {
    sessionProblem.value = inWords(error);
  }
}

/** Asks for the password again where the session has ended meanwhile. */
export function followSession(): void {
  effect(() => {
    if (sessionEnded.value) session.value = { passwordRequired: true, authenticated: false };
  });
}

/** Logs in. Throws what the server answers to a wrong password. */
export async function logIn(password: string): Promise<void> {
  session.value = await api('POST /session', { body: { password } });
  sessionEnded.value = false;
}

/** Logs out and forgets what was loaded. */
export async function logOut(): Promise<void> {
  await api('DELETE /session');
  location.reload();
}
