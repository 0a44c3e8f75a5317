import { Observable, type OperatorFunction } from 'rxjs';

/** A synchronous transformation with state: each value produces zero or more outputs, `end` the remaining ones. */
export interface Transducer<In, Out> {
  next(value: In): readonly Out[];
  end(): readonly Out[];
}

/**
 * A transducer as an RxJS operator. Every subscription gets its own; an error that it throws becomes the stream's error.
 * Synchronous: all outputs of a value are emitted before the next value arrives.
 */
export function mapState<In, Out>(create: () => Transducer<In, Out>): OperatorFunction<In, Out> {
  return (source) =>
    new Observable<Out>((subscriber) => {
      const transducer = create();
      const emit = (step: () => readonly Out[]): boolean => {
        try {
          for (const value of step()) subscriber.next(value);
          return true;
        } catch (error) {
          subscriber.error(error);
          return false;
        }
      };
      return source.subscribe({
        next: (value) => {
          emit(() => transducer.next(value));
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          if (emit(() => transducer.end())) subscriber.complete();
        },
      });
    });
}
