import { describeColumns } from './columns.js';
import { Family } from './family.js';

await describeColumns(['geth', 'reth', 'ethereumjs'], () => Family.ethereum());
