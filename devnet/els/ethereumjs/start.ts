import { runBundle } from '../../../src/util/run-bundle.js';

/** What is started as the EL: the bundle of `main` beside it, with the code that V8 made of it when it was built. */
runBundle(import.meta.url, new URL('main.cjs', import.meta.url));
