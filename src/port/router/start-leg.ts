/** Puts the parts of a leg together, in the threads of its port. */
import type { SharedSpec } from '../../memory/shared-spec.js';
import { Bell } from '../../ring/doorbell.js';
import type { RingSpec } from '../../ring/ring-layout.js';
import type { ReceivingEnd, SendingEnd } from '../live/ring-ends.js';
import type { PortThreadSpec } from '../live/thread-spec.js';
import { RouterEgress } from './egress.js';
import { Gate } from './gate.js';
import type { Legs, LegSpec } from './leg.js';
import { ReportReader, ReportWriter } from './reports.js';
import { Responder, type FrameOutlet } from './responder.js';

/** What a thread knows of its leg; null when its port is a bump in the wire. */
export interface ThreadLeg {
  leg: LegSpec;
  legs: Legs;
  reports: RingSpec;
}

export function legOf(legs: Legs | null, thread: PortThreadSpec): ThreadLeg | null {
  const leg = legs?.[thread.port] ?? null;
  return leg === null || legs === null || thread.reports === null ? null : { leg, legs, reports: thread.reports };
}

/** What the receiving half asks about each frame. */
export function startGate({ leg, reports }: ThreadLeg, shared: SharedSpec, thread: PortThreadSpec, end: ReceivingEnd, linkType: number, outlet: FrameOutlet): Gate {
  const bell = new Bell(shared.control, thread.rings.doorbellOffset);
  const { bytes } = end.region;
  return new Gate(bytes, linkType, leg, new ReportWriter(shared.control, reports, bell), new Responder(bytes, linkType, leg, outlet));
}

/** Where the sending half takes its packets from. */
export function startEgress({ legs, reports }: ThreadLeg, shared: SharedSpec, thread: PortThreadSpec, end: SendingEnd, linkType: number, outlet: FrameOutlet): RouterEgress {
  return new RouterEgress(end, { legs, port: thread.port, linkType, reports: new ReportReader(shared.control, reports), outlet, clock: () => performance.now() });
}
