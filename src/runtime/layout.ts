/** Lays a plan out in memory: where everything lies that threads share. Main thread, before any other exists. */
import { ControlLayout, allocateControl } from '../memory/control-memory.js';
import { allocateRegion } from '../memory/region.js';
import type { SharedSpec } from '../memory/shared-spec.js';
import { HEADER_BYTES } from '../memory/slot-layout.js';
import { ConnectionTable } from '../flow/connection-table.js';
import { tableBytes, type PlacedTable } from '../nf/context.js';
import { COUNTER_BYTES } from '../observe/counters.js';
import { DropReasons } from '../observe/drop-reasons.js';
import type { ManagerSpec, PathRow, PortRings } from '../packet-manager/manager-spec.js';
import { DOORBELL_BYTES } from '../ring/doorbell.js';
import { eventRingBytes, type EventRingSpec } from '../ring/event-ring.js';
import { MAILBOX_BYTES } from '../ring/mailbox.js';
import { recordRingBytes, type RecordRingSpec } from '../ring/record-ring.js';
import { ringBytes, ringCapacity, type RingSpec } from '../ring/ring-layout.js';
import type { PortThreadSpec } from '../port/live/thread-spec.js';
import type { FunctionSpec, VmSpec } from '../vm/vm-spec.js';
import { type WatchPlace, type WatchSpec } from '../watch/watch-spec.js';
import { JOURNAL_BYTES } from '../vnic/journal.js';
import { SHARE_BYTES, type MeshSpec } from '../vnic/mesh.js';
import { wakeUpSpec } from '../ring/wake-up.js';
import { availableCores } from './cores.js';
import { REPORT_RING_CAPACITY } from '../port/router/reports.js';
import { halvesOf, isLive } from './live-ports.js';
import type { Plan } from './plan.js';

/** Bytes of an event ring: a thousand alerts and more, so that a glance away loses none. */
const EVENT_RING_BYTES = 1 << 20;
/** Bytes of a record ring, for taps that come and go: some hundred full frames, in the time that main needs to look. */
const RECORD_RING_BYTES = 1 << 19;
/**
 * Most bytes of one where nothing is to be skipped: every slot may be in flight when ingress pauses, and all of them be
 * dropped. Only what is used costs more than address space.
 */
const MAX_RECORD_RING_BYTES = 1 << 25;
/** Most bytes of a traced packet's record, but for texts beyond reason. */
const TRACE_RECORD_BYTES = 1024;
/** Slots that a VM may have for packets of its own making; never more than a sixteenth of all slots for all VMs together. */
const VM_ALLOWANCE = 32;
const VM_ALLOWANCE_SHARE = 16;
/** Share of the slots that a port in another thread may hold for receiving; all of them together never more than half. */
const PORT_ALLOWANCE_SHARE = 4;

export interface Layout {
  shared: SharedSpec;
  manager: ManagerSpec;
  /** By index; each stands in the VM that runs it, too. */
  functions: FunctionSpec[];
  vms: VmSpec[];
  /** Threads of live ports. */
  portThreads: PortThreadSpec[];
  drops: DropReasons;
  readyOffset: number;
}

export interface LayoutOptions {
  reportFlows: boolean;
  /** Whether anybody is told the details of flows; true unless said. */
  tellsDetails?: boolean;
  /** What is watched from the first packet on, and whether ingress waits for it. */
  watches?: readonly WatchSpec[];
  watchWaits?: boolean;
}

/** Scratch for WASM network functions, per VM: none until a VM asks for it. */
const SCRATCH_BYTES = 0;

export function layOut(plan: Plan, { reportFlows, tellsDetails = true, watches = [], watchWaits = false }: LayoutOptions): Layout {
  const control = new ControlLayout();
  const { slots, slotBytes } = plan.memory;
  const capacity = ringCapacity(slots, plan.burst);
  const ring = (): RingSpec => ({ offset: control.reserve(ringBytes(capacity)), capacity });
  const events = (): EventRingSpec => ({ offset: control.reserve(eventRingBytes(EVENT_RING_BYTES)), capacityBytes: EVENT_RING_BYTES });
  const drops = new DropReasons(plan.drops);
  const flowIndexes = ConnectionTable.maxFlowIndex(plan.flows);

  /** Twice what all slots may come to: a quarter is the limit at which ingress pauses. */
  const watchBytes = (recordBytes: number): number => {
    const wanted = 2 ** Math.ceil(Math.log2(2 * slots * recordBytes));
    return watchWaits ? Math.min(MAX_RECORD_RING_BYTES, Math.max(RECORD_RING_BYTES, wanted)) : RECORD_RING_BYTES;
  };
  const recordRing = (capacityBytes: number): RecordRingSpec => ({ offset: control.reserve(recordRingBytes(capacityBytes)), capacityBytes });

  const headersOffset = control.reserve(slots * HEADER_BYTES);
  const marksOffset = control.reserve(slots * 4);
  const watchPlace = (recordBytes: number): WatchPlace => ({ ring: recordRing(watchBytes(recordBytes)), marksOffset, watches });
  const runStateOffset = control.reserve(4);
  const readyOffset = control.reserve(4);
  const policyOffset = control.reserve(4);
  const managerDoorbellOffset = control.reserve(DOORBELL_BYTES);
  const mainDoorbellOffset = control.reserve(DOORBELL_BYTES);

  const functions = plan.functions.map((each, index): FunctionSpec => {
    const tables: Record<string, PlacedTable> = {};
    for (const [name, spec] of Object.entries(each.tables)) tables[name] = { spec, offset: control.reserve(tableBytes(spec, flowIndexes)) };
    return {
      index,
      name: each.name,
      chain: each.chain,
      module: each.module,
      function: each.function,
      options: each.options,
      replica: each.replica,
      dropNumbers: Object.fromEntries(each.drops.map((name) => [name, drops.number(name)])),
      counterNames: each.counters,
      countersOffset: control.reserve(each.counters.length * 8),
      tables,
      flowCapacity: flowIndexes,
      tellsDetails,
      countersBlockOffset: control.reserve(COUNTER_BYTES),
    };
  });
  const others = plan.threads === 'one' ? 0 : plan.vms.filter(({ isInline }) => !isInline).length + plan.ports.reduce((sum, { spec }) => sum + (isLive(spec) ? halvesOf(spec).length : 0), 0);
  // A recorded answer waits until what it answers has gone through.
  const isLockstep = plan.ports.some(({ spec }) => spec.kind === 'capture' && spec.side !== null);
  const wakeUp = wakeUpSpec(plan.wakeUp, slots, plan.burst, 1 + others <= availableCores(), isLockstep);
  const meshes = layOutMeshes(plan, ring, () => control.reserve(SHARE_BYTES));
  const doorbells = plan.vms.map(({ isInline }) => (isInline ? managerDoorbellOffset : control.reserve(DOORBELL_BYTES)));
  const meshOf = (vm: number): { mesh?: MeshSpec } => {
    const links = meshes.get(vm);
    if (links === undefined) return {};
    return { mesh: { ...links, outputs: links.outputs.map((output) => ({ ...output, doorbellOffset: doorbells[output.vm] })) } };
  };
  const vms = plan.vms.map((vm, index): VmSpec => ({
    index,
    name: vm.name,
    chain: vm.chain,
    functions: vm.functions.map((at) => functions[at]),
    isInline: vm.isInline,
    vnic: { rx: ring(), tx: ring(), spare: ring(), made: ring() },
    journalOffset: control.reserve(JOURNAL_BYTES),
    doorbellOffset: doorbells[index],
    mailboxOffset: control.reserve(MAILBOX_BYTES),
    events: events(),
    busyOffset: control.reserve(8),
    wakeUp,
    watch: watchPlace(watches.some(({ kind }) => kind === 'trace') ? TRACE_RECORD_BYTES : 0),
    ...meshOf(index),
  }));

  const rings = (doorbellOffset: number, fillDoorbellOffset: number, ends: boolean): PortRings => ({
    fill: ring(),
    rx: ring(),
    tx: ring(),
    completion: ring(),
    doorbellOffset,
    fillDoorbellOffset,
    exhaustedOffset: control.reserve(4),
    ends,
    allowance: Math.max(1, Math.floor(slots / Math.max(PORT_ALLOWANCE_SHARE, 2 * plan.ports.length))),
  });

  const portThreads: PortThreadSpec[] = [];
  const portRings = plan.ports.map(({ name, spec }, port): PortRings | null => {
    if (spec.kind === 'queue') return rings(mainDoorbellOffset, mainDoorbellOffset, false);
    if (!isLive(spec)) return null;
    const halves = halvesOf(spec).map((half) => ({ half, doorbellOffset: control.reserve(DOORBELL_BYTES), countersOffset: control.reserve(COUNTER_BYTES), busyOffset: control.reserve(8) }));
    const made = rings(halves.at(-1)!.doorbellOffset, halves[0].doorbellOffset, true);
    const reports = spec.leg === null ? null : { offset: control.reserve(ringBytes(REPORT_RING_CAPACITY)), capacity: REPORT_RING_CAPACITY };
    portThreads.push(...halves.map((each) => ({ port, name, ...each, rings: made, reports })));
    return made;
  });

  const manager: ManagerSpec = {
    vms: vms.map(({ name, chain, functions: hosted, vnic, doorbellOffset, journalOffset, events: ringSpec, watch, mesh }) => ({
      name, chain, functions: hosted.map(({ name: called, index, countersBlockOffset }) => ({ name: called, index, countersBlockOffset })), vnic, doorbellOffset, journalOffset, events: ringSpec, watchRing: watch.ring,
      ...(mesh !== undefined && { mesh }),
    })),
    ports: plan.ports.map(({ name }, at) => ({
      name,
      countersBlockOffset: control.reserve(COUNTER_BYTES),
      ...(portRings[at] !== null && { rings: portRings[at] }),
    })),
    paths: pathRows(plan),
    dropNames: drops.names,
    flowCapacity: plan.flows,
    connectionsOffset: control.reserve(ConnectionTable.bytes(plan.flows)),
    policyOffset,
    mailboxOffset: control.reserve(MAILBOX_BYTES),
    doorbellOffset: managerDoorbellOffset,
    events: events(),
    busyOffset: control.reserve(8),
    wakeUp,
    vmAllowance: Math.min(VM_ALLOWANCE, Math.floor(slots / VM_ALLOWANCE_SHARE / Math.max(1, vms.length))),
    reportFlows,
    watch: { ...watchPlace(watches.some(({ kind }) => kind === 'drops') ? slotBytes + TRACE_RECORD_BYTES : TRACE_RECORD_BYTES), waits: watchWaits },
  };

  const shared: SharedSpec = {
    region: allocateRegion({ slots, slotBytes, scratchBytes: SCRATCH_BYTES }),
    control: allocateControl(control.bytes),
    headersOffset,
    runStateOffset,
    managerDoorbellOffset,
    mainDoorbellOffset,
    burst: plan.burst,
    mode: plan.mode,
    clock: plan.ports.some(({ spec }) => spec.kind === 'queue' || isLive(spec)) ? 'wall' : 'packets',
  };
  return { shared, manager, functions, vms, portThreads, drops, readyOffset };
}

/**
 * The rings between VMs: one for each ordered pair that a path joins, both ways where the path goes both ways. A VM of a mesh
 * has a share of the service table even if no path leads on from it.
 */
function layOutMeshes(plan: Plan, ring: () => RingSpec, share: () => number): Map<number, MeshLinks> {
  const meshes = new Map<number, MeshLinks>();
  const linksOf = (vm: number): MeshLinks => {
    let links = meshes.get(vm);
    if (links === undefined) meshes.set(vm, (links = { inputs: [], outputs: [], shareOffset: share() }));
    return links;
  };
  const join = (from: number, to: number): void => {
    if (linksOf(from).outputs.some(({ vm }) => vm === to)) return;
    const edge = ring();
    linksOf(from).outputs.push({ vm: to, ring: edge });
    linksOf(to).inputs.push({ vm: from, ring: edge });
  };
  for (const { isMesh, twoWay, replicas } of pathRows(plan)) {
    if (!isMesh) continue;
    for (const vms of replicas) {
      if (new Set(vms).size === 1 && vms.length > 1) continue; // together: no rings between them
      vms.forEach(linksOf);
      for (let hop = 0; hop + 1 < vms.length; hop++) {
        join(vms[hop], vms[hop + 1]);
        if (twoWay) join(vms[hop + 1], vms[hop]);
      }
    }
  }
  return meshes;
}

interface MeshLinks {
  inputs: MeshSpec['inputs'];
  outputs: { vm: number; ring: RingSpec }[];
  shareOffset: number;
}

/** The service paths of a plan, as the manager has them. */
export function pathRows(plan: Plan): PathRow[] {
  const vmOf = plan.functions.map((_, at) => plan.vms.findIndex(({ functions }) => functions.includes(at)));
  return plan.paths.map(({ chain, from, to, bothWays, match, routing, replicas, spread }) => ({
    name: chain, from, to, twoWay: bothWays, match, isMesh: routing === 'mesh', replicas: replicas.map((functions) => functions.map((at) => vmOf[at])), spread,
  }));
}
