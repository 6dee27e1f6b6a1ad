/**
 * What the main thread knows of flows: descriptions from network functions, records of ended flows from the manager, and
 * at the end what still stands in the connection table. Bounded: a description is let go when its flow has ended and is
 * not asked for.
 */
import type { ConnectionReader } from '../flow/connection-reader.js';
import type { FlowRecord } from '../flow/flow-record.js';
import type { FlowDescribed } from '../nf/context.js';
import { MAX_DETAIL_ENTRIES, type DetailValue, type FlowDetails } from '../nf/contract.js';

export interface FlowDescription {
  protocol: string;
  host: string;
  details: FlowDetails;
}

const NOTHING: FlowDescription = { protocol: '', host: '', details: {} };

export interface DescribedFlow extends FlowRecord, FlowDescription {}

export class FlowLog {
  readonly #descriptions = new Map<number, FlowDescription>();
  readonly #ended: FlowRecord[] = [];

  describe({ flowId, protocol, host, details }: FlowDescribed): void {
    const known = this.#descriptions.get(flowId) ?? NOTHING;
    this.#descriptions.set(flowId, {
      protocol: protocol || known.protocol,
      host: host || known.host,
      details: mergeDetails(known.details, details),
    });
  }

  end(flow: FlowRecord): void {
    this.#ended.push(flow);
  }

  /** The flows that were described, without writing the others down: cheap enough for a running display. */
  described(standing: ConnectionReader): Pick<DescribedFlow, 'protocol' | 'host' | 'packets'>[] {
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
      .map((flow) => this.describedAs(flow));
  }

  /** A flow with what was said of it. */
  describedAs(flow: FlowRecord): DescribedFlow {
    return { ...flow, ...(this.#descriptions.get(flow.flowId) ?? NOTHING) };
  }
}

/** Fields replace fields of the same name; lists are made longer, up to their bound, each entry once. */
function mergeDetails(known: FlowDetails, told: FlowDetails): FlowDetails {
  const merged: Record<string, Record<string, DetailValue>> = { ...known };
  for (const [protocol, fields] of Object.entries(told)) {
    const group = { ...merged[protocol] };
    for (const [name, value] of Object.entries(fields)) {
      const before = group[name];
      group[name] = Array.isArray(before) && Array.isArray(value) ? appended(before as ListValue, value as ListValue) : value;
    }
    merged[protocol] = group;
  }
  return merged;
}

type ListValue = Extract<DetailValue, readonly unknown[]>;

function appended(before: ListValue, more: ListValue): ListValue {
  const seen = new Set(before.map((entry) => JSON.stringify(entry)));
  return [...before, ...more.filter((entry) => !seen.has(JSON.stringify(entry)))].slice(0, MAX_DETAIL_ENTRIES);
}
