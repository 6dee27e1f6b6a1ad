/**
 * What the main thread knows of flows: descriptions from network functions, records of ended flows from the manager, and
 * at the end what still stands in the connection table. Bounded: a description is let go when its flow has ended and is
 * not asked for.
 */
import type { FlowRecord } from '../flow/connection-table.js';

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

  /** All flows, ended and standing, in the order in which they began. */
  flows(standing: Iterable<FlowRecord>): DescribedFlow[] {
    return [...this.#ended, ...standing]
      .sort((one, other) => one.sequence - other.sequence)
      .map((flow) => ({ ...flow, ...(this.#descriptions.get(flow.flowId) ?? { protocol: '', host: '' }) }));
  }
}
