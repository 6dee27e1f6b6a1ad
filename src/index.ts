/** The public face of Millrace. */
export { chain, type Chain } from './chain/chain.js';
export { capture, generator, memory, sink, type Capture } from './runtime/port-values.js';
export { queuePort, type QueuePort, type QueuePortOptions, type QueuedPacket, type SendOptions } from './runtime/queue-port.js';
export { run, type RunOptions } from './runtime/run.js';
export { start } from './runtime/start.js';
export { checkConfiguration, type CheckOptions, type CheckResult } from './runtime/check.js';
export { readConfiguration } from './runtime/yaml.js';
export type { Configuration, PathSpec, PortSpec } from './runtime/configuration.js';
export { ConfigurationError, type Problem } from './runtime/problems.js';
export type { RuntimeEvent } from './runtime/event-desk.js';
export type { Changes } from './runtime/compare-plans.js';
export type { Runtime, StartOptions } from './runtime/runtime.js';
export type { FlowReport, Ledger, PortReport, Report, VmReport } from './runtime/report.js';
export type { Census } from './packet-manager/census.js';
export { BUILT_IN_DROPS } from './observe/drop-reasons.js';

export { defineNetworkFunction, type NetworkFunctionFactory } from './nf/define.js';
export { forward, type Context, type Counter, type Definition, type Handlers, type NetworkFunctionUse, type PacketHandler, type Preparation, type Verdict } from './nf/contract.js';
export { keyed, perFlow, type PerFlowTable, type StateTable, type TableSpec } from './nf/tables.js';
export { dpi } from './nf/dpi/index.js';
export { firewall } from './nf/firewall/index.js';
export { nat } from './nf/nat/index.js';

export { FlowTable, FlowTableError, type EntrySpec, type FlowTableOptions } from './flow/flow-table.js';
export { parseMatch } from './flow/match-text.js';
export type { Match } from './flow/match.js';
export type { Packet } from './packet/packet.js';
export { EtherType, IpProtocol, TcpFlag } from './packet/protocols.js';
export { Direction, LinkType } from './memory/slot-layout.js';
