import { describe } from 'vitest';
import { checkTimesOf, ESSENTIAL_FILMS } from './support/film-times.ts';

describe.each(ESSENTIAL_FILMS)('times: %s', checkTimesOf);
