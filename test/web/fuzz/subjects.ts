import type { TestServer } from '../support/server.ts';

/** IDs of nothing. */
const NO_VIDEO = 'v000000000000000000000000';
const NO_JOB = 'j000000000000000000000000';
const NO_RULE = 'r000000000000';

/** A table of schemathesis.toml for the operations whose name (`GET /videos`) matches. */
function operations(pattern: string, ...settings: readonly string[]): string {
  return ['[[operations]]', `include-name-regex = '${pattern}'`, ...settings, ''].join('\n');
}

function about(id: string, headers = ''): string {
  return `parameters = { "path.id" = "${id}"${headers} }`;
}

/** The schemathesis.toml of a server that has nothing. Streams, which never end, are left out. */
export function settingsOfAll(): string {
  return [
    'request-timeout = 120',
    // GET /system/checks starts processes.
    '[checks]',
    'max_response_time = 60',
    // 412, 428: If-Match. 422: what is asked for is not there or does not fit, which no schema can say.
    '[checks.positive_data_acceptance]',
    'expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 422, 428, 503]',
    '[checks.missing_required_header]',
    'expected-statuses = [400, 401, 403, 428]',
    '',
    operations('events$', 'enabled = false'),
  ].join('\n');
}

/**
 * Gives the server, whose archive has a dog, a captioned video with a proxy and a copy, and returns the schemathesis.toml with which requests are about
 * them, because a random ID is never that of something. Deletions are about nothing.
 */
export async function makeSubjects({ client, settled }: TestServer, film: string): Promise<string> {
  const { videos } = await client('POST /videos', { body: { source: { path: film } } });
  const video = videos[0]?.id ?? '';
  const { state, problems } = await settled(video, 'done', 'failed');
  if (state !== 'done') throw new Error(`the film could not be captioned: ${JSON.stringify(problems)}`);
  const render = (kind: 'proxy' | 'mux') =>
    client('POST /videos/{id}/renders', { params: { id: video }, body: { kind } });
  const [, copy] = [await render('proxy'), await render('mux')];
  const { sightings } = await client('GET /sightings', { query: { words: 'dog' } });
  const sighting = sightings[0]?.id ?? '';
  const rule = await client('POST /alert-rules', { body: { words: 'dog' } });
  // A new video has no proxy and no pictures yet.
  const later = '[operations.checks.ensure_resource_availability]\nenabled = false';
  return [
    settingsOfAll(),
    operations('/videos/\\{id\\}/pictures/', later),
    operations('^GET /videos/\\{id\\}/(?!pictures)', about(video), later),
    operations('^POST /videos/\\{id\\}/', about(video)),
    operations('^(PUT|DELETE) /videos/\\{id\\}/', about(video, ', "header.If-Match" = "*"')),
    operations('^GET /videos/\\{id\\}$', about(video)),
    operations('^DELETE /videos/\\{id\\}$', about(NO_VIDEO)),
    operations('^GET /sightings/\\{id\\}', about(sighting), later),
    operations('^PUT /alert-rules/\\{id\\}$', about(rule.id)),
    operations('^DELETE /alert-rules/\\{id\\}$', about(NO_RULE)),
    operations('^GET /jobs/\\{id\\}', about(copy.id)),
    operations('^DELETE /jobs/\\{id\\}$', about(NO_JOB)),
  ].join('\n');
}
