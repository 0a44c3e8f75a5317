import { depends, permanent, temporary } from './entry.ts';

/** Errors of Redis and of the queues in it. */
export const QUEUE_ERRORS = {
  'redis-url': permanent('The address of Redis is not valid.', 'Write it as redis://[user:password@]host:port/db.'),
  'redis-unreachable': temporary('Redis does not answer.', 'Start Redis, or check --redis-url and the network.'),
  'redis-refused': permanent('Redis rejects the user or password, or is read-only.', 'Check the credentials.'),
  'redis-tls': permanent('The TLS connection to Redis failed.', 'Check the certificate and rediss:// in the address.'),
  'redis-full': temporary('Redis has reached its memory limit.', 'Raise maxmemory, or lower --in-flight.'),
  'video-unknown': permanent('No video has this ID.', 'secondglance status lists the IDs.'),
  'video-state': permanent('The request does not fit the state of the video.', 'secondglance status shows the state.'),
  'video-gone': depends('The video was cancelled, restarted or removed during the work.', 'Submit it again.'),
  'no-worker': temporary('No running worker has the model of the video.', 'Start a worker with this model.'),
  'bad-payload': permanent(
    'A job in the queue was written by another program or version.',
    'Run the same version everywhere.',
  ),
  'frames-lost': temporary('The frames of a group are gone or damaged; they are decoded again.', 'Nothing.'),
  'frame-store': temporary('The shared folder of frames cannot be used.', 'Check the mount and its permissions.'),
} as const;

/** Errors of services and of the command line. */
export const COMMAND_ERRORS = {
  usage: permanent('The command line or a setting is not valid; nothing was started.', 'Correct what it names.'),
  'http-listen': permanent('The HTTP port cannot be opened.', 'Choose another --http.'),
  unexpected: permanent('An error that secondglance does not know.', 'See --verbose; report it as a bug.'),
} as const;
