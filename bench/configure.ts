/**
 * The one file that knows how the factors of a chain become a configuration. What this version does not do is found out by
 * asking, and ways that want it are left out, by name.
 */
import { chain, type Chain } from '../src/chain/chain.js';
import type { NetworkFunctionUse } from '../src/nf/contract.js';
import { checkConfiguration } from '../src/runtime/check.js';
import type { Configuration } from '../src/runtime/configuration.js';
import type { WakeUp } from '../src/ring/wake-up.js';
import { touch, FIRST_TTL, type Touch } from './functions/touch.js';
import { NotHere, type Factors } from './sample.js';
import { BURST, CHAIN_LENGTH, MOST_CONNECTIONS, SLOTS } from './settings.js';
import { slotBytesFor } from './slot-bytes.js';

/** Factors that a chain of the product has. */
export interface ChainFactors {
  readonly mode: 'zero-copy' | 'copy';
  readonly routing: 'hub' | 'mesh';
  readonly placement: 'per-vm' | 'together' | 'inline';
  readonly replicas: number;
  readonly wakeUp: WakeUp;
  readonly vms: number;
  readonly bytes: number;
  readonly burst: number;
  readonly touch: Touch;
  readonly flows: number;
  readonly slots: number;
}

export const BASE: ChainFactors = {
  mode: 'zero-copy', routing: 'hub', placement: 'per-vm', replicas: 1, wakeUp: 'auto', vms: CHAIN_LENGTH, bytes: 64, burst: BURST,
  touch: 'headers', flows: 16, slots: SLOTS,
};

/** A chain with the options that differ from what a chain is anyhow. */
export function chainWith(name: string, uses: readonly NetworkFunctionUse[], { routing, placement, replicas }: Pick<ChainFactors, 'routing' | 'placement' | 'replicas'>): Chain {
  return chain(name, uses, {
    placement,
    ...(routing !== BASE.routing && { routing }),
    ...(replicas !== BASE.replicas && { replicas }),
  });
}

export function touchUses({ vms, touch: what }: Pick<ChainFactors, 'vms' | 'touch'>): NetworkFunctionUse[] {
  return Array.from({ length: vms }, (_, hop) => touch({ touch: what, ttl: FIRST_TTL - hop }, { as: `touch-${hop + 1}` }));
}

/**
 * Connections that the table holds. A reading of it walks over all of it, so it is no larger than it must be: twice as many as there are, or
 * it would forget some and make them anew, and that would be measured. Of a million it holds no more, and forgets one in a thousand.
 */
function tableFor(flows: number): number {
  return Math.min(MOST_CONNECTIONS, Math.max(16, 2 ** Math.ceil(Math.log2(flows)) * 2));
}

export function chainConfiguration(factors: ChainFactors, ports: Configuration['ports']): Configuration {
  return {
    ports,
    paths: [{ from: 'in', to: 'out', via: chainWith('bench', touchUses(factors), factors) }],
    memory: { slots: factors.slots, slotBytes: slotBytesFor(factors.bytes) },
    flows: tableFor(factors.flows),
    burst: factors.burst,
    mode: factors.mode,
    ...(factors.wakeUp !== BASE.wakeUp && { wakeUp: factors.wakeUp }),
  };
}

/** @throws NotHere when this version refuses a key that these factors need. */
export async function requireTaken(configuration: Configuration): Promise<void> {
  const result = await checkConfiguration(configuration);
  if ('problems' in result) {
    const unknown = result.problems.filter(({ code }) => code === 'unknown-key');
    if (unknown.length > 0) throw new NotHere(unknown.map(({ message }) => message).join('; '));
  }
}

/** Threads that work at the same time: the VMs and the packet manager. The main thread sleeps. */
export function threadsOf({ placement, vms, replicas }: Pick<ChainFactors, 'placement' | 'vms' | 'replicas'>): number {
  return 1 + (placement === 'inline' ? 0 : placement === 'together' ? 1 : vms) * replicas;
}

export function columnsOf(factors: ChainFactors): Partial<Factors> {
  return { ...factors, slotBytes: slotBytesFor(factors.bytes), threads: threadsOf(factors) };
}
