import { beginRun } from './results.js';

export default beginRun;
