/**
 * Writes what happens as Suricata's EVE JSON: one object a line, for tools that read that. Main thread.
 *
 * HTTP, TLS and QUIC are told by the DPI in pieces, the client's and then the server's: a record waits in `#open` until both
 * are there, another begins, or the flow ends.
 */
import type { FlowDescribed } from '../../nf/context.js';
import type { FlowDetails } from '../../nf/contract.js';
import type { RuntimeEvent } from '../events.js';
import type { DescribedFlow } from '../flow-log.js';
import { contextOf, dnsRecords, httpFields, quicFields, tlsFields, type EveFields } from './application-fields.js';
import { endsOfText, eveApplication, eveEnds, eveTime, eveTimeOfMs, turned, type EveEnds } from './names.js';

type Alert = Extract<RuntimeEvent, { type: 'alert' }>;
type Kind = 'http' | 'tls' | 'quic';

interface OpenRecord {
  time: string;
  /** The client first. */
  ends: EveEnds;
  details: Record<string, FlowDetails[string][string]>;
}

interface FlowState {
  protocol: string;
  open: Partial<Record<Kind, OpenRecord | undefined>>;
  hasAlert: boolean;
  /** Kinds that were written: TLS and QUIC are one handshake a flow. */
  written: Set<Kind>;
}

/** Flows that are remembered, should their ends not be told: far more than a table of connections has by default. */
const MAX_FLOWS = 262_144;
/** Flows of which what was written last is kept for their alerts: those written last, some KiB each. */
const MAX_TOLD = 4096;
const KINDS: readonly Kind[] = ['http', 'tls', 'quic'];
const FIELDS = { http: httpFields, tls: tlsFields, quic: quicFields } as const;

export class EveWriter {
  readonly #write: (line: string) => void;
  readonly #flows = new Map<number, FlowState>();
  /** What was written of a flow, by its number; the oldest first. */
  readonly #told = new Map<number, Record<string, FlowDetails[string]>>();

  /** @param write takes each record as a line of JSON, its line feed included */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Takes any event of a runtime; alerts and what is told of flows become records. */
  event(event: RuntimeEvent): void {
    if (event.type === 'alert') this.#alert(event);
    else if (event.type === 'describe-flow') this.#describe(event);
  }

  /** A flow has ended, or the run has, by `reason`. `dropReason` is null when its packets were forwarded. */
  flow(flow: DescribedFlow, reason: 'timeout' | 'shutdown', dropReason: string | null): void {
    const state = this.#flows.get(flow.flowId);
    if (state !== undefined) for (const kind of KINDS) this.#close(flow.flowId, state, kind);
    this.#flows.delete(flow.flowId);
    this.#told.delete(flow.flowId);
    const { packets, bytes, firstSeen, firstNanos, lastSeen, isClosing } = flow;
    const start = eveTime(firstSeen, firstNanos);
    const end = lastSeen > firstSeen ? eveTime(lastSeen) : start;
    const ends = eveEnds(flow.l4, flow.a, flow.b);
    const hasApplication = ends.src_port !== undefined;
    this.#record(end, flow.flowId, 'flow', ends, {
      ...(hasApplication && { app_proto: eveApplication(flow.protocol) }),
      flow: {
        pkts_toserver: packets[0], pkts_toclient: packets[1], bytes_toserver: bytes[0], bytes_toclient: bytes[1],
        start, end, age: Math.max(0, lastSeen - firstSeen),
        state: isClosing ? 'closed' : packets[1] > 0 ? 'established' : 'new', reason, alerted: state?.hasAlert ?? false,
        ...(dropReason !== null && { action: 'drop' }),
      },
    });
  }

  #alert({ flowId, flow, timestampMs, signature, fields, vm }: Alert): void {
    const ends = endsOfText(flow);
    if (ends === null) return;
    const state = this.#stateOf(flowId);
    state.hasAlert = true;
    const { action, gid = 0, sid = 0, rev = 0, category = vm, severity = 3, metadata, direction } = fields;
    // The packet that completes a record is often the one that a rule is met in: what was written still holds.
    const told = { ...this.#told.get(flowId) };
    for (const kind of KINDS) if (state.open[kind] !== undefined) told[kind] = state.open[kind].details;
    this.#record(eveTimeOfMs(timestampMs), flowId, 'alert', ends, {
      alert: {
        action: action === 'drop' || action === 'deny' || action === 'reject' ? 'blocked' : 'allowed', gid, signature_id: sid, rev, signature, category, severity,
        ...(typeof metadata === 'string' && { metadata: JSON.parse(metadata) as unknown }),
      },
      ...contextOf(told, direction),
      ...(ends.src_port !== undefined && { app_proto: eveApplication(state.protocol) }),
      ...(typeof direction === 'string' && { direction: direction.replace('-', '_') }),
    });
  }

  #describe({ flowId, flow, timestampMs, protocol, details }: FlowDescribed): void {
    const ends = endsOfText(flow);
    if (ends === null) return;
    const state = this.#stateOf(flowId);
    if (protocol !== '') state.protocol = protocol;
    const time = eveTimeOfMs(timestampMs);
    if (details['dns'] !== undefined && eveApplication(state.protocol) === 'dns') {
      for (const { isAnswer, dns } of dnsRecords(details['dns'])) this.#record(time, flowId, 'dns', isAnswer ? turned(ends) : ends, { dns });
      // An answer without records leaves none of the one before.
      const before = this.#told.get(flowId)?.['dns'];
      this.#keep(flowId, 'dns', details['dns']['responses'] === undefined ? { ...before, ...details['dns'] } : { ...before, answers: [], ...details['dns'] });
    }
    for (const kind of KINDS) {
      const told = details[kind];
      if (told !== undefined && (kind === 'http' || !state.written.has(kind))) this.#add(flowId, state, kind, time, ends, told);
    }
  }

  #add(flowId: number, state: FlowState, kind: Kind, time: string, ends: EveEnds, told: FlowDetails[string]): void {
    const isServer = kind === 'http' ? told['status'] !== undefined : kind === 'tls' && (told['cipher'] !== undefined || told['certificateSubject'] !== undefined);
    if (kind === 'http' && !isServer) this.#close(flowId, state, kind);
    const open = (state.open[kind] ??= { time, ends: isServer ? turned(ends) : ends, details: {} });
    Object.assign(open.details, told);
    open.time = time;
    // TLS 1.3 hides its certificates; before it, they are what makes the record whole.
    const { version, certificateSubject } = open.details;
    const isWhole = kind === 'http' ? isServer : kind === 'tls' ? isServer && (certificateSubject !== undefined || version === 'TLS 1.3') : open.details['sni'] !== undefined;
    if (isWhole) this.#close(flowId, state, kind);
  }

  #close(flowId: number, state: FlowState, kind: Kind): void {
    const open = state.open[kind];
    if (open === undefined) return;
    state.open[kind] = undefined;
    state.written.add(kind);
    this.#keep(flowId, kind, open.details);
    this.#record(open.time, flowId, kind, open.ends, { ...(kind === 'http' && { tx_id: 0 }), [kind]: FIELDS[kind](open.details) });
  }

  /** For alerts to come. */
  #keep(flowId: number, kind: Kind | 'dns', details: FlowDetails[string]): void {
    if (flowId === 0) return;
    const told = { ...this.#told.get(flowId), [kind]: details };
    this.#told.delete(flowId);
    if (this.#told.size >= MAX_TOLD) this.#told.delete(this.#told.keys().next().value!);
    this.#told.set(flowId, told);
  }

  #stateOf(flowId: number): FlowState {
    let state = this.#flows.get(flowId);
    if (state === undefined) {
      state = { protocol: '', open: {}, hasAlert: false, written: new Set() };
      if (flowId === 0) return state;
      if (this.#flows.size >= MAX_FLOWS) this.#flows.delete(this.#flows.keys().next().value!);
      this.#flows.set(flowId, state);
    }
    return state;
  }

  #record(timestamp: string, flowId: number, type: string, ends: EveEnds, fields: EveFields): void {
    const record = { timestamp, ...(flowId !== 0 && { flow_id: flowId }), event_type: type, ...ends, ...fields };
    this.#write(`${JSON.stringify(record)}\n`);
  }
}
