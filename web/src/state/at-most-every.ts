/**
 * A function that does `act`, one at a time and at most once in so many milliseconds: calls in between are joined into one that
 * follows.
 */
export function atMostEvery(ms: number, act: () => Promise<void>): () => void {
  let busy = false;
  let again = false;
  const run = (): void => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    void act()
      .catch(() => undefined)
      .then(() => new Promise((resolve) => setTimeout(resolve, ms)))
      .then(() => {
        busy = false;
        if (!again) return;
        again = false;
        run();
      });
  };
  return run;
}
