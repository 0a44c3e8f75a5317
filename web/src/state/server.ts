import { signal } from '@preact/signals';
import { ApiError, apiClient, CSRF_HEADER, routeAddress } from '../../../src/web/api/client.ts';
import type { RouteName } from '../../../src/web/api/routes.ts';

/** Where the API is: beside the page, so that it is found under a sub-path too. */
const base = new URL('api', document.baseURI).href;

/** True once the server has refused a request because the session has ended. */
export const sessionEnded = signal(false);

/** Calls the routes of the server that the page came from. */
export const api = apiClient({
  base,
  fetch: async (...request) => {
    const response = await fetch(...request);
    // A wrong password is answered with the same status, by the login itself.
    if (response.status === 401 && !response.url.endsWith('/session')) sessionEnded.value = true;
    return response;
  },
});

/** The address of a route, for pictures, videos and links. */
export function addressOf(
  route: RouteName,
  parts: { readonly params?: Record<string, unknown>; readonly query?: Record<string, unknown> } = {},
): string {
  return routeAddress(base, route, parts);
}

/** Where uploads go, and the headers that they need. */
export const UPLOADS = { endpoint: `${base}/uploads`, headers: { [CSRF_HEADER]: '1' } } as const;

/** What went wrong, in words for a person. */
export function inWords(error: unknown): string {
  if (error instanceof ApiError) {
    const { detail, remedy } = error.problem;
    const text = `${detail.charAt(0).toUpperCase()}${detail.slice(1)}`;
    return remedy === '' ? text : `${text}${/[.!?]$/.test(text) ? '' : '.'} ${remedy}`;
  }
  if (error instanceof TypeError) return 'The server does not answer. Is secondglance serve still running?';
  return error instanceof Error ? error.message : String(error);
}
