import { depends, permanent, temporary } from './entry.ts';

/** Errors of the page's server. */
export const WEB_ERRORS = {
  'request-invalid': permanent(
    'The request does not match its schema.',
    'Correct what it names; docs/openapi.json has the schemas.',
  ),
  'request-refused': permanent(
    'The request matches its schema, but names something that does not exist, or values that contradict each other.',
    'Correct what it names.',
  ),
  'request-too-large': permanent(
    'The body of the request is larger than this route takes.',
    'Send less; videos go to /api/uploads.',
  ),
  'media-type': permanent(
    'The body of the request has the wrong type.',
    'Send JSON, with content-type: application/json.',
  ),
  'route-unknown': permanent('There is no such address.', 'docs/openapi.json lists the routes.'),
  'method-not-allowed': permanent(
    'This address does not take this method.',
    'Use a method that the Allow header names.',
  ),
  'host-refused': permanent(
    'The request was sent to a name that the server does not go by.',
    'Use the address that it printed, or start it with --allow-host.',
  ),
  'cross-site': permanent(
    'Another site sent the request, or the x-secondglance header is missing.',
    'Send the header x-secondglance: 1.',
  ),
  'login-needed': permanent('The server asks for a password.', 'Log in.'),
  'password-wrong': permanent('The password is wrong.', 'Check it and try again.'),
  'too-many-attempts': temporary('There were too many wrong passwords from this address.', 'Wait, then try again.'),
  'edits-conflict': permanent(
    'The cues or the steps were edited elsewhere in the meantime.',
    'Load them again and repeat the edit.',
  ),
  'edits-unconditional': permanent('The request lacks the revision that it edits.', 'Send it as If-Match.'),
  'range-refused': permanent(
    'The file does not have the bytes that the request asks for.',
    'Ask for bytes that it has.',
  ),
  'precondition-failed': permanent(
    'What is there does not fit a condition of the request (If-Match, If-None-Match, If-Unmodified-Since).',
    'Read it again, and send the ETag of that.',
  ),
  'not-there': permanent('The video has no such part, or not yet.', 'Check its state.'),
  'too-many-jobs': temporary('Too many jobs wait to be done.', 'Wait until some have ended, or cancel some.'),
  'cameras-off': permanent('The server was started without an archive of cameras.', 'Start it with --state.'),
  'rule-unknown': permanent('No alert rule has this ID.', 'GET /api/alert-rules lists them.'),
  'too-many-rules': permanent('There are as many alert rules as there may be.', 'Remove some.'),
  'sighting-unknown': permanent(
    'No camera saw anything with this ID, or it is not kept any more.',
    'GET /api/sightings finds the IDs.',
  ),
  'job-interrupted': temporary(
    'The server ended several times while the job ran.',
    'Find out why in its log (memory, disk), then retry the job.',
  ),
  'job-state': permanent('The request does not fit the state of the job.', 'Look at its state first.'),
  'job-unknown': permanent('No job has this ID.', 'GET /api/jobs lists them.'),
  'upload-too-large': permanent(
    'The file is larger than the server takes.',
    'Start it with a higher --upload-limit, or add the file from a folder.',
  ),
  'upload-refused': permanent('The upload is not one that the server can take.', 'Correct what it names.'),
  'upload-no-space': temporary('There is not enough free disk space for the upload.', 'Free some space.'),
  'serve-busy': temporary('Another server uses the same data folder.', 'Stop that one, or choose another --data.'),
  'serve-data': depends(
    'The data of the server cannot be read or written.',
    'Check the disk and the permissions of the data folder.',
  ),
} as const;
