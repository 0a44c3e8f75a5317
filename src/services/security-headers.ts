import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** How strict {@link securityHeaders} are. */
export interface PageContent {
  /** The page has styles in its elements. */
  readonly inlineStyles?: boolean;
}

/** Headers that keep a page from loading anything from elsewhere, from running scripts in itself, and from being framed. */
export function securityHeaders({ inlineStyles = false }: PageContent = {}): RequestHandler {
  const self = ["'self'"];
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: self,
        styleSrc: inlineStyles ? ["'self'", "'unsafe-inline'"] : self,
        imgSrc: ["'self'", 'data:'],
        baseUri: self,
        formAction: self,
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // TLS is the business of the proxy in front of the server.
    strictTransportSecurity: false,
  });
}

/** Keeps answers out of caches. */
export const unstored: RequestHandler = (_, response, next) => {
  response.set('cache-control', 'no-store');
  next();
};
