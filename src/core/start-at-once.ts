/** An iteration that has begun. To be ended with `return()` where it is not iterated. */
export interface StartedIteration<T> extends AsyncIterable<T> {
  return(): Promise<unknown>;
}

/**
 * Asks an async iterable for its first item now, not when a loop begins. An error is thrown where the item is asked for. May be iterated
 * once.
 */
export function startAtOnce<T>(source: AsyncIterable<T>): StartedIteration<T> {
  const iterator = source[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<T>> | undefined = iterator.next();
  first.catch(() => undefined);
  const next = (): Promise<IteratorResult<T>> => {
    const result = first ?? iterator.next();
    first = undefined;
    return result;
  };
  const end = async (): Promise<IteratorResult<T>> => (await iterator.return?.()) ?? { done: true, value: undefined };
  return { return: end, [Symbol.asyncIterator]: () => ({ next, return: end }) };
}
