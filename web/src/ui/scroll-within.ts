/** Scrolls a list, and nothing around it, so that one of its children is seen. */
export function scrollWithin(list: HTMLElement, child: HTMLElement): void {
  const [outer, inner] = [list.getBoundingClientRect(), child.getBoundingClientRect()];
  const smooth = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  const top = list.scrollTop + inner.top - outer.top - outer.height / 3;
  list.scrollTo({ top, behavior: smooth ? 'smooth' : 'auto' });
}
