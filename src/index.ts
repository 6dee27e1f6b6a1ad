/** The public face of Millrace. */
export { chain, type Chain, type ChainOptions, type Placement, type Routing } from './chain/chain.js';
export { capture, generator, memory, sink, vxlan, type Capture, type CaptureOutput } from './runtime/port-values.js';
export { queuePort, type QueuePort, type QueuePortOptions, type SendOptions } from './runtime/queue-port.js';
export type { QueuedPacket } from './runtime/queue-end.js';
export { checkConfiguration, readConfiguration, run, start } from './runtime/on-demand.js';
export type { RunOptions } from './runtime/run.js';
export type { CheckOptions, CheckResult } from './runtime/check.js';
export type { ConfigurationSource, Path, Position } from './runtime/place.js';
export type { LoadedConfiguration } from './runtime/yaml.js';
export type { ControlOptions } from './runtime/control/control-options.js';
export type {
  CapturePortSpec, CaptureSpec, ChainSpec, Configuration, FunctionList, GeneratorPortSpec, InterfacePortSpec, LegKeys, LongUse, MemoryPortSpec, MemoryShape, ModulePortSpec, OneWayPath, PathSpec, PortSpec, RouteSpec, ShortUse,
  Side, SinkPortSpec, TwoWayPath, VxlanPortSpec,
} from './runtime/configuration.js';
export type { GeneratorOptions } from './port/generator.js';
export { ConfigurationError, type Problem, type ProblemCode } from './runtime/problems.js';
export { EveWriter } from './runtime/eve/eve-writer.js';
export type { DescribedFlow } from './runtime/flow-log.js';
export type { EveTarget } from './runtime/eve/eve-output.js';
export type { RuntimeEvent } from './runtime/events.js';
export type { Changes } from './runtime/compare-plans.js';
export type { Runtime } from './runtime/runtime.js';
export { StartError } from './runtime/start-error.js';
export type { StartOptions } from './runtime/start-options.js';
export type { CounterReport, FlowReport, Ledger, PortReport, Report, ThreadReport, VmReport, WatchReport } from './runtime/report.js';
export type { Tap, TapOptions, TapSummary, TappedPacket } from './runtime/watch/tap.js';
export type { FieldChange } from './runtime/watch/header-fields.js';
export { formatStory, type PacketStory, type StoryHop } from './runtime/watch/packet-story.js';
export type { TraceOptions, WatchOptions } from './runtime/watch/watch-options.js';
export { parseFilter, type PacketFilter } from './flow/packet-filter.js';
export type { TextProblem, TextProblems } from './flow/text.js';
export type { ServiceRow } from './packet-manager/service-table.js';
export type { Census } from './packet-manager/census.js';
export type { CrashedPacket } from './packet-manager/messages.js';
export type { PortProblem } from './port/contract.js';
export type { WakeUp } from './ring/wake-up.js';
export { BUILT_IN_DROPS } from './observe/drop-reasons.js';

export { defineNetworkFunction, type NetworkFunctionFactory, type UseNaming } from './nf/define.js';
export type { StandardIssue, StandardResult, StandardSchema } from './nf/standard-schema.js';
export type { FlowDescribed, VmEvent } from './nf/context.js';
export {
  forward, type Burst, type Context, type Counter, type Definition, type DetailValue, type EventFields, type FlowDetails, type Handlers,
  type NetworkFunctionUse, type OptionProblem, type PacketHandler, type Preparation, type Replica, type Verdict,
} from './nf/contract.js';
export { keyed, perFlow, type KeyedTableSpec, type PerFlowTable, type PerFlowTableSpec, type StateTable, type TableSpec } from './nf/tables.js';
export { dpi, firewall, nat } from './runtime/stock-functions.js';

export { FlowTable, FlowTableError, type EntrySpec, type FlowTableErrorCode, type FlowTableOptions, type FlowTableRow } from './flow/flow-table.js';
export { parseMatch } from './flow/match-text.js';
export { replicaOfHost, replicaOfPort, type Spread } from './flow/steering.js';
export type { AddressSet, FlagMatch, FragmentMatch, Match, PortRange, Prefix } from './flow/match.js';
export type { Packet } from './packet/packet.js';
export type { ArpView } from './packet/arp.js';
export type { EthernetView } from './packet/ethernet.js';
export type { IcmpView } from './packet/icmp.js';
export type { Ipv4View } from './packet/ipv4.js';
export type { Ipv6View } from './packet/ipv6.js';
export type { QuotedView } from './packet/quoted.js';
export type { TcpView } from './packet/tcp.js';
export type { UdpView } from './packet/udp.js';
export type { VlanView } from './packet/vlan.js';
export { EtherType, IpProtocol, TcpFlag } from './packet/protocols.js';
export { Direction, LinkType } from './memory/slot-layout.js';
