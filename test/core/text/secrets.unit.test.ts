import { expect, test } from 'vitest';
import { hideAddress, hideSecrets } from '../../../src/core/text/secrets.ts';

test('users and passwords in addresses, and what parameters say of themselves, are hidden; all else stays', () => {
  const cases = [
    ['redis://:pa%40ss@host:6379/0', 'redis://***@host:6379/0'],
    ['rediss://ann:x@[::1]:6380', 'rediss://***@[::1]:6380'],
    ['cannot read "https://ann:x@a.example/v.mp4" (404)', 'cannot read "https://***@a.example/v.mp4" (404)'],
    ['https://a.example/v.mp4?access_token=abc&t=3#x', 'https://a.example/v.mp4?access_token=***&t=3#x'],
    ['https://s3/v?X-Amz-Signature=abc&X-Amz-Credential=d', 'https://s3/v?X-Amz-Signature=***&X-Amz-Credential=***'],
    ['https://a.example/key=1/v.mp4?keyframe=2', 'https://a.example/key=1/v.mp4?keyframe=2'],
    ["http://ann:p@ss'w@a.example/v", 'http://***@a.example/v'],
    ['mail ann@a.example about /films/a@b.mp4', 'mail ann@a.example about /films/a@b.mp4'],
  ];
  for (const [text = '', hidden] of cases) expect(hideSecrets(text)).toBe(hidden);
});

test('an address that is kept tells where the video is, and no value of its query', () => {
  const cases = [
    ['http://ann:p%22@a.example:81/v.mp4?t=1&k=abc#f', 'http://***@a.example:81/v.mp4?t=***&k=***'],
    ['https://a.example/v.mp4?s3cret', 'https://a.example/v.mp4?***'],
    ['https://a.example/v.mp4', 'https://a.example/v.mp4'],
    ['/films/what?=a.mp4', '/films/what?=a.mp4'],
  ];
  for (const [text = '', hidden] of cases) expect(hideAddress(text)).toBe(hidden);
});
