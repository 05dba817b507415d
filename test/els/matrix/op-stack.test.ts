import { describeColumns } from './columns.js';
import { Family } from './family.js';

await describeColumns(['op-geth', 'op-reth'], () => Family.opStack());
