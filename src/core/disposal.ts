/** Opens a stack of resources that `disposeAsync` closes in reverse order. Node before version 24 gets it from a polyfill. */
export async function openDisposableStack(): Promise<AsyncDisposableStack> {
  if (typeof globalThis.AsyncDisposableStack === 'function') return new globalThis.AsyncDisposableStack();
  const { default: Polyfill } = await import('disposablestack/AsyncDisposableStack');
  return new Polyfill();
}
