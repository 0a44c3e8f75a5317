import { useState } from 'preact/hooks';
import { inWords } from '../state/server.ts';
import { logIn } from '../state/session.ts';

/** Asks for the password. */
export function Login() {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    setBusy(true);
    setProblem(undefined);
    try {
      await logIn(String(new FormData(form).get('password') ?? ''));
    } catch (error) {
      setProblem(inWords(error));
      form.querySelector('input')?.select();
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="login">
      <form class="card" onSubmit={submit}>
        <img src="./assets/icon.svg" alt="" width="48" height="48" />
        <h1>Log in to secondglance</h1>
        <div class="field">
          <label for="password">Password</label>
          <input
            class="input"
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            aria-invalid={problem !== undefined}
            aria-describedby={problem === undefined ? undefined : 'password-problem'}
          />
        </div>
        {problem !== undefined && (
          <div class="notice bad" id="password-problem" role="alert">
            <div>{problem}</div>
          </div>
        )}
        <button type="submit" class="button main" disabled={busy}>
          Log in
        </button>
      </form>
    </main>
  );
}
