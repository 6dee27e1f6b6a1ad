/** Puts the parts of a NAT together over its tables, for one set of options. */
import { AddressPool, PrefixSet } from './address-pool.js';
import { externalAddresses, insidePrefixes, staticPairs } from './addresses.js';
import { Bindings } from './bindings.js';
import { Filter } from './filter.js';
import { FlowMemory } from './flow-memory.js';
import { Fragments } from './fragments.js';
import { HeldFragments } from './held-fragments.js';
import type { NatContext } from './layout.js';
import { Lifetimes } from './lifetimes.js';
import { Mapper } from './mapper.js';
import type { NatOptions } from './options.js';
import { Peers } from './peers.js';
import { PortAllocator } from './port-allocator.js';
import { allForwardings, forwardedPairs } from './port-forwards.js';
import { RandomPorts } from './random-ports.js';
import { installForwards, repairBindings } from './repair-bindings.js';
import { StaticMap } from './static-map.js';

export interface Parts {
  readonly pool: AddressPool;
  readonly statics: StaticMap;
  readonly bindings: Bindings;
  readonly lifetimes: Lifetimes;
  readonly flows: FlowMemory;
  readonly fragments: Fragments;
  readonly held: HeldFragments;
  readonly peers: Peers;
  readonly filter: Filter;
  readonly mapper: Mapper;
}

/** @param optionsNumber tells these options from those before. */
export function assemble(context: NatContext, options: NatOptions, optionsNumber: number): Parts {
  const { state, counters, replica } = context;
  const now = (): number => context.now();
  const forwardings = allForwardings(options);
  const pool = new AddressPool(externalAddresses(options), forwardedPairs(forwardings));
  const statics = new StaticMap(staticPairs(options));
  const { portSelection, portSeed } = options;
  const random = portSelection === 'preserve' ? null : new RandomPorts(portSeed);
  const ports = new PortAllocator(pool.count, options.ports, options.identifiers, replica, { preserves: portSelection !== 'random', random });
  const bindings = new Bindings(state.bindings, state.external, pool, ports, counters);
  const lifetimes = new Lifetimes(now, bindings, state.flows, options);
  const flows = new FlowMemory(state.flows, optionsNumber);
  const fragments = new Fragments(state.fragments, now);
  const held = new HeldFragments(options.heldFragments, counters['bytes-buffered'], now);
  const peers = new Peers(state.peers, bindings, now);
  const inside = new PrefixSet(insidePrefixes(options));
  const mapper = new Mapper(bindings, statics, pool, inside, lifetimes, flows.words);
  const bindingParts = { table: state.bindings, external: state.external, bindings, pool, ports };
  // Tables that were written before: by a VM that died, or under other options.
  if (state.bindings.count > 0 || state.external.count > 0 || optionsNumber > 1) {
    counters['bindings-repaired'].add(repairBindings(bindingParts));
    flows.forgetPublished();
    fragments.sweep(Number.MAX_SAFE_INTEGER, state.fragments.words.length);
  }
  installForwards(bindingParts, forwardings);
  return { pool, statics, bindings, lifetimes, flows, fragments, held, peers, filter: new Filter(bindings, peers, options.filtering), mapper };
}
