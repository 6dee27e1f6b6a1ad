/**
 * What a network function is. The stock functions use this and nothing else.
 *
 * A definition lives in a module, because functions do not cross threads: the VM imports the module by the URL that the
 * definition names. Configuring it gives a passive value, a `NetworkFunctionUse`, which is what chains hold.
 */
import type { Spread } from '../flow/steering.js';
import type { Packet } from '../packet/packet.js';
import type { StandardSchema } from './standard-schema.js';
import type { PerFlowTable, StateTable, TableSpec } from './tables.js';

/** What an NF says of a packet: `forward`, one of its own `drop[...]`, or one of its own `reply[...]`. A plain number. */
export type Verdict = number & { readonly __verdict: unique symbol };

/** The packet goes on to the next hop, or out of the egress port. */
export const forward = 0 as Verdict;

/** A counter in control memory with one writer, this NF. Read by `runtime.stats()` and the report. */
export interface Counter {
  readonly value: number;
  add(amount: number): void;
}

/** What an alert says beside the packet it is about. Values must survive JSON. */
export type EventFields = Readonly<Record<string, string | number | boolean | null>>;

/** One value of a flow's details: plain data that survives JSON. */
export type DetailValue = string | number | boolean | readonly (string | number | Readonly<Record<string, string | number>>)[];

/**
 * What was found out about a flow beside its protocol and host: by protocol (`tls`, `http`, `dns` …), then by field.
 * What is said later of the same field replaces what was said before; a list is made longer, up to MAX_DETAIL_ENTRIES.
 */
export type FlowDetails = Readonly<Record<string, Readonly<Record<string, DetailValue>>>>;

/** Entries that a list in a flow's details may have: what comes later is left out. */
export const MAX_DETAIL_ENTRIES = 32;

/** Handles packets. Hot: no allocation, no throw (a throw stops the VM; its packet is dropped as `nf-crash`). */
export type PacketHandler = (packet: Packet) => Verdict;

/** A burst in the hands of an NF: its packets one after the other, in order. */
export interface Burst {
  /** Packets in the burst. */
  readonly count: number;
  /**
   * The next packet, or null after the last. It is the same object each time, moved. What was not decided of the packet
   * before it is forwarded.
   */
  next(): Packet | null;
  /** The verdict on the packet that `next` returned last. */
  decide(verdict: Verdict): void;
}

export interface Handlers<Options> {
  process: PacketHandler;
  /**
   * Handles a whole burst, where there is something to gain from it: values kept in locals, one look at the time. Called in
   * place of `process` where the NF has a VM to itself. Hot, as `process` is.
   */
  processBurst?: (burst: Burst) => void;
  /** New options under traffic, between two bursts. Without it, a change of options needs a new VM. */
  update?: (options: Options) => void;
  /**
   * Says in a few words why the packet that `process` had last got its verdict: the rule, the mapping, the protocol. Called
   * right after `process`, and only for packets that somebody traces (docs/watching.md): it may allocate, and must change nothing.
   */
  explain?: (packet: Packet, verdict: Verdict) => string;
  /** Called about once a second of packet time, between bursts, to let go of what timed out. */
  expire?: (nowMs: number) => void;
}

/**
 * Which of several VMs that run the same use of an NF this one is, with its share of the flows and tables of its own.
 * What the replicas draw from in common and must not give out twice (ports, addresses) they part by these two numbers.
 */
export interface Replica {
  /** 0 … count - 1. */
  readonly index: number;
  readonly count: number;
}

export interface Context<Options, Drop extends string, Count extends string, Tables extends Record<string, TableSpec>> {
  /** Name of this use in its chain: the NF's name, or what `as` says. */
  readonly name: string;
  readonly options: Options;
  /** `{ index: 0, count: 1 }` where the use is not replicated. */
  readonly replica: Replica;
  /** Verdicts, by declared drop reason. */
  readonly drop: Readonly<Record<Drop, Verdict>>;
  /**
   * Verdicts for a packet that was rewritten in place into an answer to its sender. The packet that was is counted as
   * dropped for the reason; the answer is counted as originated and travels back the way the packet came.
   */
  readonly reply: Readonly<Record<Drop, Verdict>>;
  /** Packet time in milliseconds since 1970: the latest timestamp this VM has seen. It never goes back. */
  now(): number;
  /** The same in whole seconds, rounded down: what timeouts need, at the price of one read. */
  nowSeconds(): number;
  /** Tells the main thread that the packet met something worth a person's attention. Counted when it cannot be kept. */
  alert(packet: Packet, signature: string, fields?: EventFields): void;
  /**
   * Says what the packet's flow is: shown in `flows[]`, once per change. Empty strings leave a field as it was; details are
   * added to those that the flow has. The application gets each call as an event, with the packet's ends and time.
   */
  describeFlow(packet: Packet, protocol: string, host: string, details?: FlowDetails): void;
  /**
   * Whether anybody is told the details of flows: a report with `flows`, an EVE log, the application's `onEvent`. Where not, a
   * function need not put them together.
   */
  readonly tellsDetails: boolean;
  readonly counters: Readonly<Record<Count, Counter>>;
  /** The declared tables, in control memory. */
  readonly state: { readonly [Name in keyof Tables]: Tables[Name] extends { kind: 'per-flow' } ? PerFlowTable : StateTable };
  /**
   * A new packet of `length` bytes from the VM's counted allowance, or null when that is used up. Fill `packet.bytes`
   * from `packet.start`, then `send` it: it starts where `like` is now, in `like`'s direction.
   */
  originate(like: Packet, length: number): Packet | null;
  send(packet: Packet): void;
}

/** A mistake in options that the schema cannot see: found on the main thread before any other thread exists. */
export interface OptionProblem {
  /** Where in the options: keys and indexes. */
  path: readonly (string | number)[];
  message: string;
  found?: string;
  expected?: string;
  /** Of a text option: 1-based. */
  line?: number;
  column?: number;
}

export interface Preparation {
  /** Turns a path in the configuration into an absolute one: relative to the YAML file, else to the working directory. */
  resolve(path: string): string;
  problem(problem: OptionProblem): void;
  /** Names of the ports, in the order of their numbers: `packet.ingressPort` and `packet.egressPort` are such numbers. */
  readonly ports: readonly string[];
}

export interface Definition<
  Input = unknown,
  Options = unknown,
  Drop extends string = string,
  Count extends string = string,
  Tables extends Record<string, TableSpec> = Record<string, TableSpec>,
> {
  /** Lower case with dashes. */
  name: string;
  /**
   * Any Standard Schema (zod, valibot, arktype …): checks TypeScript callers and YAML alike. Or what loads one: only the main
   * thread checks options, and VMs start sooner without the library (`() => import('./options.js').then((module) => module.schema)`).
   */
  options: StandardSchema<Input, Options> | (() => Promise<StandardSchema<Input, Options>>);
  /** Drop reasons, lower case with dashes. */
  drops?: readonly Drop[];
  /** Names of counters; a function when they depend on the options (a counter a rule). */
  counters?: readonly Count[] | ((options: Options) => readonly Count[]);
  tables?: Tables | ((options: Options) => Tables);
  /**
   * How connections must be spread where the chain is replicated: `{ by: 'inside-host' }` where a replica keeps something for
   * a host that its connections share. The strictest of a chain's functions decides. Default: `{ by: 'connection' }`.
   */
  spread?: Spread | ((options: Options) => Spread);
  /**
   * Runs on the main thread after the schema: reads the files that options name, compiles texts, reports mistakes.
   * What it returns reaches `create` as `options`, by structured clone.
   */
  prepare?: (options: Options, preparation: Preparation) => Options | Promise<Options>;
  /** Runs in the VM. May be async: nothing flows before it has settled. */
  create: (context: Context<Options, Drop, Count, Tables>) => PacketHandler | Handlers<Options> | Promise<PacketHandler | Handlers<Options>>;
}

/** A network function with its options: plain data, as a chain holds it. */
export interface NetworkFunctionUse {
  readonly kind: 'network-function';
  /** Name of the definition. */
  readonly function: string;
  /** Name of this use: shown in reports, unique in a configuration. */
  readonly name: string;
  /** URL of the module that defines it. */
  readonly module: string;
  readonly options: unknown;
}
