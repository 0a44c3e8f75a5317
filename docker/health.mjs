// The image's HEALTHCHECK: does the process answer where SECONDGLANCE_HTTP lets it? Without that there is nothing to ask.
const port = /(\d+)$/.exec(process.env.SECONDGLANCE_HTTP ?? '')?.[1];
if (port !== undefined) {
  const { ok, status } = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(5000) });
  if (!ok) throw new Error(`/healthz answers ${status}`);
}
