#!/usr/bin/env node
import { runBundle } from './util/run-bundle.js';

/** The program that users start: the bundle beside it, with the code that V8 made of it when it was built. */
runBundle(import.meta.url, new URL('bundle/lockstep.cjs', import.meta.url));
