/** Decides which functions exist, which VM runs each, and in which thread: replicas, and one VM for each function or for a whole chain. */
import type { Spread } from '../flow/steering.js';
import type { CheckedChain } from './check-chains.js';
import { replicaName } from './check-chains.js';
import { availableCores } from './cores.js';
import type { PlanFunction, PlanVm } from './plan.js';
import type { PreparedFunction } from './prepare-use.js';

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
  for (const { name, functions, options } of chains) {
    const { placement, replicas } = options;
    const isInline = isOne || placement === 'inline';
    const isTogether = placement === 'inline' || placement === 'together' || (placement === 'auto' && isCrowded);
    const sound = functions.filter((each) => each !== null);
    placed.replicasOf.set(name, Array.from({ length: replicas }, (_, index) => placeReplica(placed, name, sound, { isTogether, isInline }, { index, count: replicas })));
    placed.spreadOf.set(name, strictest(sound));
  }
  return placed;
}

/** Threads of a chain's VMs when those that may be apart are. */
function threadsApart({ functions, options: { placement, replicas } }: CheckedChain): number {
  if (placement === 'inline') return 0;
  return placement === 'together' ? replicas : functions.length * replicas;
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
