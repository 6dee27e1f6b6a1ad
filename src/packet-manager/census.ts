/**
 * The census: where every slot is, counted from owners and rings, never by subtraction (invariant I1). At rest
 * `free + lent to VMs + spare with VMs + filling + sending == slots`, and no address is in two places.
 */
import type { BufferPool } from '../memory/buffer-pool.js';
import type { Region } from '../memory/region.js';
import { Cell } from '../observe/counters.js';
import type { LendQueue } from '../vnic/lend-queue.js';
import type { VnicPeer } from '../vnic/vnic.js';
import type { PortHost } from './port-host.js';

export interface Census {
  slots: number;
  free: number;
  /** Packets with each VM, in its rings or its hands; empty slots of its allowance; packets that wait while it is replaced;
   * packets of a mesh that came back from it so far, before the end of their path, for want of a row in its share. */
  vms: Record<string, { lent: number; spare: number; held: number; misses: number }>;
  /** Packets that go from VM to VM without the manager's seeing it, by chain. */
  meshes: Record<string, number>;
  ports: Record<string, { filling: number; sending: number }>;
  /** Packets that VMs have returned to the manager so far: by the hub one for each hop, in a mesh and of functions that run together one for each path. */
  hops: number;
  /** Packets between ingress and egress: with VMs or being sent. */
  inFlight: number;
  /** Slots in two places or nowhere, by address. Empty unless something is broken. */
  faults: string[];
  /** Whether every slot is in exactly one place and received + originated == transmitted + dropped + in flight. */
  balanced: boolean;
}

/** Faults written down: a census must fit the event ring, and the first ones tell. */
const MAX_FAULTS = 100;

export interface CensusSource {
  region: Region;
  pool: BufferPool;
  lanes: { name: string; peer: VnicPeer; held: LendQueue; misses: number }[];
  ports: { name: string; host: PortHost; counters: Float64Array }[];
  meshes: { name: string; addresses: Iterable<number> }[];
  sending: Iterable<number>;
  hops: number;
}

export function takeCensus({ region, pool, lanes, meshes, ports, sending, hops }: CensusSource): Census {
  const placeOf: (string | undefined)[] = new Array<string | undefined>(region.slots).fill(undefined);
  const faults: string[] = [];
  const note = (addresses: Iterable<number>, place: string): number => {
    let count = 0;
    for (const address of addresses) {
      const slot = region.slotIndex(address);
      if (placeOf[slot] !== undefined && faults.length < MAX_FAULTS) faults.push(`${address} is in ${placeOf[slot]} and in ${place}`);
      placeOf[slot] = place;
      count++;
    }
    return count;
  };
  const free = note(pool.addresses(), 'the pool');
  const sent = note(sending, 'transmission');
  const census: Census = { slots: region.slots, free, vms: {}, meshes: {}, ports: {}, hops, inFlight: sent, faults, balanced: false };
  for (const { name, peer, held, misses } of lanes) {
    const lent = note(peer.lent.addresses(), `VM ${name}`);
    const waiting = note(held.addresses(), `the hold of VM ${name}`);
    census.vms[name] = { lent, spare: note(peer.given.addresses(), `the spares of VM ${name}`), held: waiting, misses };
    census.inFlight += lent + waiting;
  }
  for (const { name, addresses } of meshes) {
    census.meshes[name] = note(addresses, `the mesh of chain ${name}`);
    census.inFlight += census.meshes[name];
  }
  let books = 0;
  for (const { name, host, counters } of ports) {
    census.ports[name] = { filling: note(host.filling(), `the fill of port ${name}`), sending: host.sending };
    books += counters[Cell.received] + counters[Cell.originated] - counters[Cell.transmitted];
    for (let cell = Cell.drops; cell < counters.length; cell++) books -= counters[cell];
  }
  placeOf.forEach((place, slot) => {
    if (place === undefined && faults.length < MAX_FAULTS) faults.push(`${region.address(slot)} is nowhere`);
  });
  census.balanced = faults.length === 0 && books === census.inFlight;
  return census;
}
