/** A service chain as a passive value: a name and the network functions that packets pass, from inside to outside. */
import type { NetworkFunctionUse } from '../nf/contract.js';

/**
 * Where the functions of a chain run. `per-vm`: each in a VM of its own. `together`: all in one VM, run to completion,
 * with no ring between them. `inline`: together, and that VM in the packet manager's own thread: nobody is woken on the way, but
 * a function that does not come back stops the packet manager. `auto`: together when there are fewer cores than threads, else
 * each in its own.
 */
export type Placement = 'per-vm' | 'together' | 'inline' | 'auto';

/** How packets go from VM to VM. `hub`: by way of the packet manager, which checks every hop. `mesh`: directly. */
export type Routing = 'hub' | 'mesh';

export interface ChainOptions {
  /** Default `per-vm`. */
  placement?: Placement;
  /** Default `hub`. */
  routing?: Routing;
  /**
   * How often the chain exists; or, by name, which of its functions exist how often, when the others are to be shared:
   * `{ dpi: 3 }`. Connections are spread over the replicas, and each keeps to its own. Default 1, at most 64.
   */
  replicas?: number | Readonly<Record<string, number>>;
}

/** Plain data. The same value may be named by several paths: its VMs then exist once. */
export interface Chain extends ChainOptions {
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
export function chain(name: string, uses: readonly NetworkFunctionUse[], options: ChainOptions = {}): Chain {
  return { kind: 'chain', name, uses: [...uses], ...options };
}
