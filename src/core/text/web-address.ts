/** True for the address of something on the web, rather than a path. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}
