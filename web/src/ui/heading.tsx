import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface ViewHeadProps {
  readonly title: string;
  /** Before the title, such as a way back. */
  readonly before?: ComponentChildren;
  /** What can be done in this view. */
  readonly children?: ComponentChildren;
}

/** The head of a view. Names the browser's tab, and takes the focus, so that a screen reader says where the reader is now. */
export function ViewHead({ title, before, children }: ViewHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · secondglance`;
  }, [title]);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <header class="view-head">
      {before}
      <h1 ref={heading} tabIndex={-1} dir="auto">
        {title}
      </h1>
      {children}
    </header>
  );
}
