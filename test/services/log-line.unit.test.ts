import { expect, test } from 'vitest';
import { plainLogLine } from '../../src/services/log-line.ts';

test('on a terminal a line of the log is a sentence, with what it is about', () => {
  const frame = { time: 1, pid: 2, service: 'serve' };
  const line = (facts: object): string => plainLogLine(`${JSON.stringify({ ...frame, level: 30, ...facts })}\n`);
  expect(line({ msg: 'stopping', signal: 'SIGINT' })).toBe('serve: stopping (signal SIGINT)\n');
  expect(line({ level: 40, msg: 'a job failed', err: { message: 'the disk\n is full', code: 'x' }, job: 'j1' })).toBe(
    'serve: warning: a job failed: the disk\\n is full (job j1)\n',
  );
  expect(line({ msg: 'asked \u001b[2J', url: 'https://a:hunter22@films.example/', n: [1] })).toBe(
    'serve: asked \\x1b[2J (url https://***@films.example/, n [1])\n',
  );
});
