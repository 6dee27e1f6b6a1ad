/**
 * The stock functions as values for a chain. Their modules are imported where they are checked and where they run, not by
 * everybody who imports the package: each VM imports the application's module too, and a VM with another function has no
 * use for eighty dissectors.
 */
import type { NetworkFunctionUse } from '../nf/contract.js';
import type { UseNaming } from '../nf/define.js';
import type { DpiInput } from '../nf/dpi/options.js';
import type { FirewallInput } from '../nf/firewall/options.js';
import type { NatInput } from '../nf/nat/options.js';

/** Makes the passive value that `chain(...)` takes; `as` tells two uses of one function apart in reports. */
export type StockFunction<Input> = (options: Input, naming?: UseNaming) => NetworkFunctionUse;

function stock<Input>(name: string): StockFunction<Input> {
  const module = new URL(`../nf/${name}/index.js`, import.meta.url).href;
  return (options, naming = {}) => ({ kind: 'network-function', function: name, name: naming.as ?? name, module, options });
}

/** A stateful packet filter: docs/firewall.md. */
export const firewall = stock<FirewallInput>('firewall');
/** Network address and port translation: docs/nat.md. */
export const nat = stock<NatInput>('nat');
/** Deep packet inspection: docs/dpi.md. */
export const dpi = stock<DpiInput>('dpi');
