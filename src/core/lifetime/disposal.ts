/** Runs `work`, and closes the resources that it adds to the stack in reverse order when it ends, however it ends. */
export async function withResources<T>(work: (resources: AsyncDisposableStack) => Promise<T>): Promise<T> {
  const resources = await openDisposableStack();
  try {
    return await work(resources);
  } finally {
    await resources.disposeAsync();
  }
}

/** Node before version 24 gets it from a polyfill. */
async function openDisposableStack(): Promise<AsyncDisposableStack> {
  if (typeof globalThis.AsyncDisposableStack === 'function') return new globalThis.AsyncDisposableStack();
  const { default: Polyfill } = await import('disposablestack/AsyncDisposableStack');
  return new Polyfill();
}
