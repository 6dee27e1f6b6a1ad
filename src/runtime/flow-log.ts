/**
 * What the main thread knows of flows: descriptions from network functions, records of ended flows from the manager, and
 * at the end what still stands in the connection table. Bounded: a description is let go when its flow has ended and is
 * not asked for.
 */
import type { ConnectionTable, FlowRecord } from '../flow/connection-table.js';

export interface FlowDescription {
  protocol: string;
  host: string;
}

export interface DescribedFlow extends FlowRecord, FlowDescription {}

export class FlowLog {
  readonly #descriptions = new Map<number, FlowDescription>();
  readonly #ended: FlowRecord[] = [];

  describe(flowId: number, protocol: string, host: string): void {
    const known = this.#descriptions.get(flowId);
    this.#descriptions.set(flowId, { protocol: protocol || (known?.protocol ?? ''), host: host || (known?.host ?? '') });
  }

  end(flow: FlowRecord): void {
    this.#ended.push(flow);
  }

  /** The flows that were described, without writing the others down: cheap enough for a running display. */
  described(standing: ConnectionTable): Pick<DescribedFlow, 'protocol' | 'host' | 'packets'>[] {
    const found: Pick<DescribedFlow, 'protocol' | 'host' | 'packets'>[] = [];
    for (const [flowId, description] of this.#descriptions) {
      const packets = standing.packetsOf(flowId);
      if (packets !== null) found.push({ ...description, packets });
    }
    for (const { flowId, packets } of this.#ended) {
      const description = this.#descriptions.get(flowId);
      if (description !== undefined) found.push({ ...description, packets });
    }
    return found;
  }

  /** All flows, ended and standing, in the order in which they began. */
  flows(standing: Iterable<FlowRecord>): DescribedFlow[] {
    return [...this.#ended, ...standing]
      .sort((one, other) => one.sequence - other.sequence)
      .map((flow) => ({ ...flow, ...(this.#descriptions.get(flow.flowId) ?? { protocol: '', host: '' }) }));
  }
}
