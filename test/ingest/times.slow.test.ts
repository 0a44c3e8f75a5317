import { describe } from 'vitest';
import { checkTimesOf, ESSENTIAL_FILMS, TIMED_FILMS } from './support/film-times.ts';

const others = TIMED_FILMS.filter((name) => !ESSENTIAL_FILMS.includes(name));

describe.each(others)('times: %s', checkTimesOf);
