import { Common } from '@ethereumjs/common';

type Params = Record<string, Record<string, number | string | null>>;

/** The protected members of Common 10.0.0 that its parameter tables are built from. */
interface CommonInternals {
  _params: Params;
  _eips: number[];
  _paramsCache: object;
  _activatedEIPsCache: number[];
  readonly HARDFORK_CHANGES: object;
  hardfork(): string;
}

interface Tables {
  readonly params: Map<string, object>;
  readonly eips: Map<string, number[]>;
}

/**
 * Common rebuilds its parameter tables for every transaction and every header, which is most of the CPU time of a
 * block. The tables depend on few inputs, so they are built once per input and shared. Parameter sets become
 * immutable values for that: an update gives the same object again when it changes nothing.
 */
export function memoiseCommonParams(): void {
  const updated = new WeakMap<Params, WeakMap<Params, Params>>();
  const tables = new WeakMap<object, WeakMap<Params, Tables>>();
  const buildParams = original('_buildParamsCache');
  const buildEips = original('_buildActivatedEIPsCache');

  const tablesOf = (common: CommonInternals): Tables => {
    const byParams = entry(tables, common.HARDFORK_CHANGES, () => new WeakMap<Params, Tables>());
    return entry(byParams, common._params, () => ({ params: new Map(), eips: new Map() }));
  };

  function useParams(this: CommonInternals): void {
    const { params } = tablesOf(this);
    const key = activation(this);
    const known = params.get(key);
    if (known === undefined) {
      buildParams.call(this);
      params.set(key, this._paramsCache);
    } else {
      this._paramsCache = known;
    }
  }
  function useEips(this: CommonInternals): void {
    const { eips } = tablesOf(this);
    const key = activation(this);
    const known = eips.get(key);
    if (known === undefined) {
      buildEips.call(this);
      eips.set(key, this._activatedEIPsCache);
    } else {
      this._activatedEIPsCache = known;
    }
  }

  function updateParams(this: CommonInternals, update: Params): void {
    const before = this._params;
    const byUpdate = entry(updated, before, () => new WeakMap<Params, Params>());
    this._params = entry(byUpdate, update, () => merge(before, update));
    useParams.call(this);
  }

  replace('_buildParamsCache', useParams);
  replace('_buildActivatedEIPsCache', useEips);
  replace('updateParams', updateParams);
}

function activation(common: CommonInternals): string {
  return `${common.hardfork()}|${common._eips.join()}`;
}

function merge(params: Params, update: Params): Params {
  const merged = structuredClone(params);
  for (const [eip, values] of Object.entries(update)) merged[eip] = { ...merged[eip], ...values };
  return JSON.stringify(merged) === JSON.stringify(params) ? params : merged;
}

function entry<K extends object, V extends object>(map: WeakMap<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

type Method = (this: CommonInternals, ...args: never[]) => void;

function original(name: string): Method {
  return Reflect.get(Common.prototype, name) as Method;
}

function replace(name: string, method: (this: CommonInternals, update: Params) => void): void {
  Object.defineProperty(Common.prototype, name, { value: method, writable: true, configurable: true });
}
