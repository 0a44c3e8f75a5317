import { Observable, type OperatorFunction } from 'rxjs';

/** A stage with a little memory: what goes in may bring out none, one or several; `end` brings out the rest. */
export interface Transducer<In, Out> {
  next(value: In): readonly Out[];
  end(): readonly Out[];
}

/**
 * A stage as an RxJS operator. Every subscription gets a stage of its own; an error thrown by the stage becomes the
 * stream's error. Synchronous: whatever a value brings out has left before the next value comes in.
 */
export function mapState<In, Out>(makeStage: () => Transducer<In, Out>): OperatorFunction<In, Out> {
  return (source) =>
    new Observable<Out>((subscriber) => {
      const stage = makeStage();
      const pass = (step: () => readonly Out[]): boolean => {
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
          pass(() => stage.next(value));
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          if (pass(() => stage.end())) subscriber.complete();
        },
      });
    });
}
