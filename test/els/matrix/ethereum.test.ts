import { describeColumns } from './columns.js';
import { Family } from './family.js';

describeColumns(['geth', 'reth', 'ethereumjs'], () => Family.ethereum());
