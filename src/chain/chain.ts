/** A service chain as a passive value: a name and the network functions that packets pass, from inside to outside. */
import type { NetworkFunctionUse } from '../nf/contract.js';

/** Plain data. The same value may be named by several paths: its VMs then exist once. */
export interface Chain {
  readonly kind: 'chain';
  /** Unique in a configuration. */
  readonly name: string;
  /** In the order of the forward path. The reverse path passes them from last to first. */
  readonly uses: readonly NetworkFunctionUse[];
}

/**
 * Builds a chain. Nothing is checked here: `start` and `run` report all mistakes of a configuration at once.
 * @param name shown in reports: a letter, then letters, digits, '.', '-' and '_'.
 * @param uses what the factories of network functions return, such as `firewall({ … })`.
 */
export function chain(name: string, uses: readonly NetworkFunctionUse[]): Chain {
  return { kind: 'chain', name, uses: [...uses] };
}
