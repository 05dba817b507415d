import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Makes the series of one prefix. Label values are fixed sets: no hash, URL or error text (T11). */
export class Series {
  readonly #prefix: string;
  readonly #registers: Registry[];

  constructor(registry: Registry, prefix = 'lockstep_') {
    this.#prefix = prefix;
    this.#registers = [registry];
  }

  gauge<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> {
    return new Gauge({ ...this.#named(name, help), labelNames: [...labelNames] });
  }

  /** A gauge that is worked out when it is read. */
  collected<L extends string = never>(
    name: string,
    help: string,
    collect: (gauge: Gauge<L>) => void,
    labelNames: readonly L[] = [],
  ): void {
    new Gauge({
      ...this.#named(name, help),
      labelNames: [...labelNames],
      collect() {
        collect(this);
      },
    });
  }

  counter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ ...this.#named(name, help), labelNames: [...labelNames] });
  }

  /** A series that is there before its first event is one that an alert can compare with. */
  counterOf<L extends string>(name: string, help: string, label: L, values: readonly string[]): Counter<L> {
    const counter = this.counter(name, help, [label]);
    for (const value of values) counter.inc({ [label]: value } as Partial<Record<L, string>>, 0);
    return counter;
  }

  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly L[] = [],
  ): Histogram<L> {
    return new Histogram({ ...this.#named(name, help), buckets: [...buckets], labelNames: [...labelNames] });
  }

  #named(name: string, help: string): { name: string; help: string; registers: Registry[] } {
    return { name: `${this.#prefix}${name}`, help, registers: this.#registers };
  }
}

/** 2^64, the first eight bytes of a hash at their greatest, does not fit a double: the last bits are lost, which is no matter. */
export function hashAsNumber(hash: string): number {
  const bytes = Buffer.from(hash.slice(2, 18), 'hex');
  return Number(bytes.readBigUInt64LE(0));
}
