/** Decides which functions exist, which VM runs each, and in which thread: replicas, and one VM for each function or for a whole chain. */
import type { Spread } from '../flow/steering.js';
import type { CheckedChain } from './check-chains.js';
import { availableCores } from './cores.js';
import type { PlanFunction, PlanVm } from './plan.js';
import type { PreparedFunction } from './prepare-use.js';
import { countOf, replicaName } from './replicas.js';

export interface Placed {
  readonly functions: PlanFunction[];
  readonly vms: PlanVm[];
  /** Indexes of functions for each replica, by name of the chain. */
  readonly replicasOf: Map<string, number[][]>;
  /** How connections are spread over them, by name of the chain. */
  readonly spreadOf: Map<string, Spread>;
}

/**
 * @param chains those that paths use, in order; functions with problems are left out.
 * @param isOne everything runs in the packet manager's thread.
 * @param portThreads threads that live ports have of their own.
 * @param cores that this process may use.
 */
export function place(chains: readonly CheckedChain[], isOne: boolean, portThreads: number, cores = availableCores()): Placed {
  const placed: Placed = { functions: [], vms: [], replicasOf: new Map(), spreadOf: new Map() };
  // The packet manager has a thread of its own; in one thread, nothing is gained by VMs apart.
  const isCrowded = isOne || 1 + portThreads + chains.reduce((sum, chain) => sum + threadsApart(chain), 0) > cores;
  for (const chain of chains) {
    const { name, functions, options: { placement }, replicas } = chain;
    const isInline = isOne || placement === 'inline';
    const isTogether = placement === 'inline' || placement === 'together' || (placement === 'auto' && isCrowded && !sharesFunctions(chain));
    const sound = functions.filter((each) => each !== null);
    if (sharesFunctions(chain)) placed.replicasOf.set(name, placeApart(placed, chain, sound, isInline));
    else placed.replicasOf.set(name, Array.from({ length: replicas.count }, (_, index) => placeReplica(placed, name, sound, { isTogether, isInline }, { index, count: replicas.count })));
    placed.spreadOf.set(name, strictest(sound.filter((each) => replicas.only === null || replicas.only.has(each.name))));
  }
  return placed;
}

/** Threads of a chain's VMs when those that may be apart are. */
function threadsApart({ names, options: { placement }, replicas }: CheckedChain): number {
  if (placement === 'inline') return 0;
  return placement === 'together' ? replicas.count : names.reduce((sum, name) => sum + countOf(replicas, name), 0);
}

/** Some functions of the chain exist once, for all of its replicas. */
function sharesFunctions({ names, replicas }: CheckedChain): boolean {
  return replicas.count > 1 && names.some((name) => countOf(replicas, name) === 1);
}

/**
 * Spreading by host serves those too that need connections whole alone. What comes from outside shows the addresses of the
 * last function that translates; those before it have their ports where that one's are.
 */
function strictest(functions: readonly PreparedFunction[]): Spread {
  const spreads = functions.map(({ spread }) => spread).filter(({ by }) => by === 'inside-host');
  if (spreads.length === 0) return { by: 'connection' };
  const external = spreads.findLast((spread) => (spread.external ?? []).length > 0)?.external;
  return { by: 'inside-host', ...(external !== undefined && { external }) };
}

/** Each function in a VM of its own, once or as often as it is to exist. Every way through the chain meets one of each. */
function placeApart({ functions, vms }: Placed, { name: chain, replicas }: CheckedChain, prepared: readonly PreparedFunction[], isInline: boolean): number[][] {
  const places = prepared.map(({ spread: _, ...each }) => {
    const count = countOf(replicas, each.name);
    return Array.from({ length: count }, (__, index) => {
      const name = count > 1 ? replicaName(each.name, index) : each.name;
      const place = functions.push({ ...each, name, replica: { index, count } }) - 1;
      vms.push({ name, chain, functions: [place], isInline });
      return place;
    });
  });
  return Array.from({ length: replicas.count }, (_, way) => places.map((list) => list[way] ?? list[0]));
}

function placeReplica(
  { functions, vms }: Placed,
  chain: string,
  prepared: readonly PreparedFunction[],
  { isTogether, isInline }: { isTogether: boolean; isInline: boolean },
  replica: PlanFunction['replica'],
): number[] {
  const named = (name: string): string => (replica.count > 1 ? replicaName(name, replica.index) : name);
  const indexes = prepared.map(({ spread: _, ...each }) => functions.push({ ...each, name: named(each.name), replica }) - 1);
  if (isTogether) vms.push({ name: named(chain), chain, functions: indexes, isInline });
  else for (const index of indexes) vms.push({ name: functions[index].name, chain, functions: [index], isInline });
  return indexes;
}
