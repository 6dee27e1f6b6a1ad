/** Firewall, NAT and DPI in full, as at the edge of an office: what the cases `real`, `full` and `soak --functions` measure. */
import type { NetworkFunctionUse } from '../../src/nf/contract.js';
import { AddressPool } from '../../src/nf/nat/address-pool.js';
import { formatIpv4 } from '../../src/packet/address.js';
import { dpi, firewall, nat } from '../../src/runtime/stock-functions.js';

/** 203.0.113.0, of the documentation's networks (RFC 5737). */
const FIRST_EXTERNAL = 0xcb007100;
const LEAST_BINDINGS = 65_536;

export function externalAddresses(count: number): number[] {
  return Array.from({ length: count }, (_, at) => FIRST_EXTERNAL + at);
}

export function edgeFirewall(as = 'firewall'): NetworkFunctionUse {
  return firewall({ rules: ['deny in tcp to any port 23', 'allow arp', 'allow out any', 'allow icmp', 'deny in any'] }, { as });
}

export function edgeNat(externals: readonly number[], bindings = LEAST_BINDINGS): NetworkFunctionUse {
  return nat({ external: externals.map(formatIpv4), bindings: Math.max(LEAST_BINDINGS, bindings) });
}

export function edge(externals: readonly number[]): NetworkFunctionUse[] {
  return [edgeFirewall(), edgeNat(externals), dpi({})];
}

/**
 * Inside addresses that the NAT pairs with an external one, none twice: the pairing is computed from the address, so whoever
 * chooses addresses by it knows the translation beforehand where ports are preserved.
 */
export class InsideHosts {
  readonly #pool: AddressPool;
  readonly #next: Uint32Array;

  constructor(externals: readonly number[]) {
    this.#pool = new AddressPool(externals);
    this.#next = new Uint32Array(externals.length).fill(0x0a010000);
  }

  /** A new one, in 10.0.0.0/8. */
  pairedWith(external: number): number {
    while (this.#pool.pairedWith(this.#next[external]) !== external) this.#next[external]++;
    return this.#next[external]++;
  }
}
