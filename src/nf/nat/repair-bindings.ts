/** Makes the tables of bindings whole at the start of an NF, and when its options change. */
import type { StateTable } from '../tables.js';
import type { AddressPool } from './address-pool.js';
import { type Bindings, portClassOf } from './bindings.js';
import { Binding, BindingKind, NONE, PortClass } from './layout.js';
import type { Forwarding } from './port-forwards.js';
import type { PortAllocator } from './port-allocator.js';

export interface BindingParts {
  readonly table: StateTable;
  readonly external: StateTable;
  readonly bindings: Bindings;
  readonly pool: AddressPool;
  readonly ports: PortAllocator;
}

/**
 * Removes halves without a partner, forwarded ports of former options, and bindings to addresses or ports that are no
 * longer ours; and notes anew which ports are given out.
 * @returns how many entries were removed.
 */
export function repairBindings({ table, external, bindings, pool, ports }: BindingParts): number {
  const { words } = table;
  let removed = 0;
  ports.clear();
  for (let at = bindings.firstPlace, entry = 0; at < words.length; at += bindings.stride, entry++) {
    if (!table.isTaken(entry)) continue;
    const protocol = words[at + Binding.protocol];
    const address = words[at + Binding.externalAddress];
    const port = words[at + Binding.externalPort];
    const poolIndex = pool.indexOf(address);
    const portClass = portClassOf(protocol);
    const partner = words[at + Binding.serial] !== 0 ? bindings.findExternal(protocol, address, port) : -1;
    const isOurs = poolIndex >= 0 && (portClass === PortClass.none ? ports.ownsRemote(port) : ports.isInRange(portClass, port));
    const isKept = isOurs && words[at + Binding.kind] === BindingKind.dynamic && partner >= 0 && bindings.bindingOf(partner) === at;
    if (isKept) {
      if (portClass !== PortClass.none) ports.mark(poolIndex, portClass, port);
      continue;
    }
    words[at + Binding.serial] = 0;
    table.remove(entry);
    removed++;
  }
  const stride = external.keyAt(1) - external.keyAt(0);
  for (let entry = external.words.length / stride - 1; entry >= 0; entry--) {
    if (!external.isTaken(entry) || bindings.bindingOf(entry) !== NONE) continue;
    external.remove(entry);
    removed++;
  }
  return removed;
}

/** Makes the bindings of forwarded ports. Bindings that stand in their way end. */
export function installForwards({ bindings, pool }: BindingParts, forwards: readonly Forwarding[]): void {
  for (const { protocol, externalAddress, externalPort, insideAddress, insidePort } of forwards) {
    if (pool.indexOf(externalAddress) < 0) continue;
    for (const other of [bindings.findOutside(protocol, externalAddress, externalPort, 0), bindings.findInside(protocol, insideAddress, insidePort, 0)]) {
      if (other !== NONE && bindings.words[other + Binding.serial] !== 0) bindings.release(other);
    }
    if (bindings.isFull) endOne(bindings);
    bindings.createForwarded(protocol, insideAddress, insidePort, externalAddress, externalPort);
  }
}

/** There are never more forwarded ports than bindings, so one of those that hosts have made can give way. */
function endOne(bindings: Bindings): void {
  const { words, firstPlace, stride } = bindings;
  for (let at = firstPlace; at < words.length; at += stride) {
    if (!bindings.isTaken(at) || words[at + Binding.kind] === BindingKind.forwarded) continue;
    bindings.release(at);
    return;
  }
}
