import type { EthereumClient } from '@ethereumjs/client/dist/esm/src/client.js';
import { equalsBytes } from '@ethereumjs/util';

type Service = EthereumClient['service'];
type Vm = Service['execution']['vm'];

/** The part of a virtual machine that the pool uses. */
interface PoolVm {
  readonly stateManager: Pick<Vm['stateManager'], 'setStateRoot' | 'getAccount'>;
}

/**
 * The pool copies the whole virtual machine for each transaction that it takes, to read the account of its sender at
 * the head. Here one copy serves all transactions that come while the head stays.
 */
export function readAccountsOncePerHead({ service }: EthereumClient): void {
  const { txPool, execution } = service;
  let known: { readonly root: Uint8Array; readonly vm: Promise<Vm> } | null = null;

  async function copyAt(root: Uint8Array): Promise<Vm> {
    const vm = await execution.vm.shallowCopy();
    await vm.stateManager.setStateRoot(root);
    return vm;
  }

  function shallowCopy(): Promise<PoolVm> {
    let chosen: Promise<Vm> | null = null;
    return Promise.resolve({
      stateManager: {
        async setStateRoot(root) {
          if (known === null || !equalsBytes(known.root, root)) known = { root, vm: copyAt(root) };
          chosen = known.vm;
          await chosen;
        },
        async getAccount(address) {
          if (chosen === null) throw new Error('the pool reads an account before it has said at which block');
          return (await chosen).stateManager.getAccount(address);
        },
      },
    });
  }

  const poolService: unknown = Object.create(service, { execution: { value: { vm: { shallowCopy } } } });
  Object.defineProperty(txPool, 'service', { value: poolService });
}
