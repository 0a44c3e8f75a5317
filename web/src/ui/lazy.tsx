import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from './button.tsx';

/** A component whose code is loaded when it is first shown: the first view does not wait for the others. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [state, setState] = useState<'loading' | 'there' | 'failed'>(loaded === undefined ? 'loading' : 'there');
    useEffect(() => {
      if (state !== 'loading') return;
      load().then(
        (component) => {
          loaded = component;
          setState('there');
        },
        () => setState('failed'),
      );
    }, [state]);
    if (state === 'failed') {
      return (
        <div class="empty" role="alert">
          <p>A part of this page could not be loaded. The server may have been updated or stopped.</p>
          <Button icon="retry" label="Reload the page" onPress={() => location.reload()} />
        </div>
      );
    }
    const Loaded = loaded;
    return Loaded === undefined ? null : <Loaded {...props} />;
  };
}
