/**
 * What the main thread knows of flows: descriptions from network functions, the words of ended flows from the manager, and
 * what stands in the connection table. Where all flows are to be told in the end, all are kept. Else it is bounded: of
 * flows that have ended, after some grace, only sums by protocol and host are left.
 */
import { Word } from '../flow/connection-layout.js';
import type { ConnectionReader } from '../flow/connection-reader.js';
import { flowRecord, type FlowRecord } from '../flow/flow-record.js';
import type { FlowDescribed } from '../nf/context.js';
import { MAX_DETAIL_ENTRIES, type DetailValue, type FlowDetails } from '../nf/contract.js';
import type { FlowNamed } from '../nf/flow-names.js';
import type { Report } from './report.js';

export interface FlowDescription {
  protocol: string;
  host: string;
  details: FlowDetails;
}

const NOTHING: FlowDescription = { protocol: '', host: '', details: {} };

export interface DescribedFlow extends FlowRecord, FlowDescription {}

/** Ended flows that may still be described: a packet that a VM has in hand tells of its flow after the manager has forgotten that. */
const GRACE_FLOWS = 4096;
/** Descriptions kept before it is looked which flows have ended without a word. */
const LEAST_DESCRIPTIONS = 8192;
/** Host names that are counted, unless all flows are kept: whoever asks for ever new ones does not fill the memory. */
export const MOST_HOSTS = 65_536;

type Standing = Pick<ConnectionReader, 'packetsOf'>;

export class FlowLog {
  readonly #standing: Standing;
  readonly #keepsFlows: boolean;
  readonly #descriptions = new Map<number, FlowDescription>();
  /** Entries of the connection table, as they ended: all of them, where they are kept. */
  readonly #ended: Uint32Array[] = [];
  /** Else packets of those that ended last, by flow id. */
  readonly #lately = new Map<number, number>();
  readonly #sums: FlowSums;
  #mostDescriptions = LEAST_DESCRIPTIONS;
  /** Flows that had ended, and were not told of, when it was looked last. */
  readonly #suspects = new Set<number>();

  /**
   * @param standing what says whether a flow has ended
   * @param keepsFlows whether `flows` will be asked for
   */
  constructor(standing: Standing, keepsFlows: boolean) {
    this.#standing = standing;
    this.#keepsFlows = keepsFlows;
    this.#sums = new FlowSums(keepsFlows ? Infinity : MOST_HOSTS);
  }

  describe(told: FlowDescribed | FlowNamed): void {
    const { flowId, protocol, host } = told;
    const known = this.#descriptions.get(flowId) ?? NOTHING;
    this.#descriptions.set(flowId, {
      protocol: protocol || known.protocol,
      host: host || known.host,
      details: 'details' in told ? mergeDetails(known.details, told.details) : known.details,
    });
  }

  /** @param words entry of a connection that has ended: the caller's no longer. */
  end(words: Uint32Array): void {
    if (this.#keepsFlows) this.#ended.push(words);
    else {
      this.#lately.set(words[Word.flowId], words[Word.packets] + words[Word.packets + 1]);
      if (this.#lately.size > GRACE_FLOWS) this.#settleOldest();
    }
  }

  /**
   * Forgets what was said of flows that have ended, where nobody tells which do or a description came too late. Call it when all has been
   * read that threads have told: what has ended then, and is not told of until the next call, never will be.
   */
  forgetEnded(): void {
    if (this.#keepsFlows || (this.#descriptions.size <= this.#mostDescriptions && this.#suspects.size === 0)) return;
    const isGone = (flowId: number): boolean => !this.#lately.has(flowId) && this.#standing.packetsOf(flowId) === null;
    if (this.#suspects.size === 0) {
      for (const flowId of this.#descriptions.keys()) if (isGone(flowId)) this.#suspects.add(flowId);
      if (this.#suspects.size > 0) return;
    }
    for (const flowId of this.#suspects) if (isGone(flowId)) this.#descriptions.delete(flowId);
    this.#suspects.clear();
    this.#mostDescriptions = Math.max(LEAST_DESCRIPTIONS, 2 * this.#descriptions.size);
  }

  /** All flows, ended and standing, in the order in which they began. */
  flows(standing: Iterable<FlowRecord>): DescribedFlow[] {
    return [...this.#ended.map((words) => flowRecord(words, 0)), ...standing]
      .sort((one, other) => one.sequence - other.sequence)
      .map((flow) => this.describedAs(flow));
  }

  /** A flow with what was said of it. */
  describedAs(flow: FlowRecord): DescribedFlow {
    return { ...flow, ...(this.#descriptions.get(flow.flowId) ?? NOTHING) };
  }

  /** Flows and packets by protocol, flows by host: of those that were described. Cheap enough for a running display. */
  summary(): Pick<Report, 'protocols' | 'hosts'> {
    const sums = this.#sums.copy();
    for (const [flowId, description] of this.#descriptions) {
      const packets = this.#lately.get(flowId) ?? this.#packetsOf(flowId);
      if (packets !== null) sums.add(description, packets);
    }
    for (const words of this.#ended) {
      const description = this.#descriptions.get(words[Word.flowId]);
      if (description !== undefined) sums.add(description, words[Word.packets] + words[Word.packets + 1]);
    }
    return sums.report();
  }

  #packetsOf(flowId: number): number | null {
    const packets = this.#standing.packetsOf(flowId);
    return packets === null ? null : packets[0] + packets[1];
  }

  #settleOldest(): void {
    const [[flowId, packets]] = this.#lately;
    this.#lately.delete(flowId);
    const description = this.#descriptions.get(flowId);
    if (description === undefined) return;
    this.#descriptions.delete(flowId);
    this.#sums.add(description, packets);
  }
}

class FlowSums {
  readonly #mostHosts: number;
  readonly #protocols = new Map<string, { flows: number; packets: number }>();
  readonly #hosts = new Map<string, number>();

  constructor(mostHosts: number) {
    this.#mostHosts = mostHosts;
  }

  add({ protocol, host }: FlowDescription, packets: number): void {
    if (protocol !== '') {
      const sum = this.#protocols.get(protocol) ?? { flows: 0, packets: 0 };
      this.#protocols.set(protocol, { flows: sum.flows + 1, packets: sum.packets + packets });
    }
    const count = this.#hosts.get(host) ?? 0;
    if (host !== '' && (count > 0 || this.#hosts.size < this.#mostHosts)) this.#hosts.set(host, count + 1);
  }

  copy(): FlowSums {
    const sums = new FlowSums(this.#mostHosts);
    for (const [protocol, sum] of this.#protocols) sums.#protocols.set(protocol, sum);
    for (const [host, count] of this.#hosts) sums.#hosts.set(host, count);
    return sums;
  }

  report(): Pick<Report, 'protocols' | 'hosts'> {
    return { protocols: Object.fromEntries(this.#protocols), hosts: Object.fromEntries(this.#hosts) };
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
