import { useEffect } from 'preact/hooks';
import { Login } from './login/login.tsx';
import { Shell } from './shell.tsx';
import { followCameras } from './state/known-cameras.ts';
import { followJobs } from './state/known-jobs.ts';
import { followVideos } from './state/known-videos.ts';
import { openEvents } from './state/live-events.ts';
import { loadSession, session, sessionProblem } from './state/session.ts';
import { Button } from './ui/button.tsx';
import { Toasts } from './ui/toasts.tsx';
import { followUploads } from './videos/file-uploads.ts';

let started = false;

/** What needs a session, once there is one. */
function Inside() {
  useEffect(() => {
    // Logged in again after the session has ended: everything is followed already.
    if (started) return;
    started = true;
    followVideos();
    followJobs();
    followUploads();
    followCameras();
    openEvents();
  }, []);
  return <Shell />;
}

/** The page: the login where one is asked for, else everything. */
export function App() {
  const who = session.value;
  return (
    <>
      {who === undefined ? (
        sessionProblem.value !== undefined && (
          <main class="login">
            <h1>secondglance</h1>
            <div class="notice bad" role="alert">
              <div>{sessionProblem.value}</div>
            </div>
            <Button icon="retry" label="Try again" onPress={loadSession} />
          </main>
        )
      ) : who.passwordRequired && !who.authenticated ? (
        <Login />
      ) : (
        <Inside />
      )}
      <Toasts />
    </>
  );
}
