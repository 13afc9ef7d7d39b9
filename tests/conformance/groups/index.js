// What a table cannot say: many at once, bad input of every shape, calls that are given up, accepts that race.
import { input } from './input.js';
import { load } from './load.js';
import { race } from './race.js';
import { settle } from './settle.js';

export const groups = [load, input, settle, race];
