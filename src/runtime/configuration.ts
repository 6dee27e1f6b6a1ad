/**
 * A configuration: a passive value that says what to run. YAML mirrors it key for key (docs/configuration.md).
 * Building one checks nothing and starts nothing: `start` and `run` report every mistake at once.
 */
import type { Chain, ChainOptions } from '../chain/chain.js';
import type { NetworkFunctionUse } from '../nf/contract.js';
import type { GeneratorOptions } from '../port/generator.js';
import type { WakeUp } from '../ring/wake-up.js';
import type { QueuePort } from './queue-port.js';

export type Side = 'inside' | 'outside';

/** A capture file that ports refer to by name. */
export interface CaptureSpec {
  file: string;
  /** Prefixes of the inside. Without them, who opened a connection is inside. */
  inside?: readonly string[];
}

/** Reads a capture, by name or by file, and writes what leaves by it. */
export interface CapturePortSpec {
  kind?: 'capture';
  /** A capture of the configuration, by name. Instead of `file`. */
  capture?: string;
  file?: string;
  inside?: readonly string[];
  /** One side of a capture that is split in two; without it, all of it. */
  side?: Side;
  /** Where what leaves by this port is written. Without it, it is counted and let go. */
  write?: string;
}

/** Makes packets of its own, then is exhausted. */
export interface GeneratorPortSpec extends GeneratorOptions {
  kind: 'generator';
}

/** Takes every packet and lets it go, or writes it. Receives nothing. */
export interface SinkPortSpec {
  kind: 'sink';
  /** Where what leaves by this port is written. */
  write?: string;
}

/** Receives the packets that it is given. In TypeScript only. */
export interface MemoryPortSpec {
  kind: 'memory';
  packets?: readonly Uint8Array[];
  /** Of the packets, as in the pcap LINKTYPE registry. Default 1, Ethernet. */
  linkType?: number;
}

/** A way to a network by the port that it stands at. */
export interface RouteSpec {
  /** A prefix, or `default`: every address of the version of `via`. */
  to: string;
  /** The next hop, in a network of the port. Left out: the destinations are on the link themselves. */
  via?: string;
}

/** What makes a live port a router's leg (docs/router.md). Without addresses it is a bump in the wire. */
export interface LegKeys {
  /** With the length of their networks: `10.0.0.1/24`, `fd00::1/64`. The first of each version is the source of ICMP errors. */
  addresses?: readonly string[];
  /** Hardware address. Default: the interface's own; of TAP and VXLAN ports, one that is made up at start. */
  mac?: string;
  /** Longest IP packet that leaves by the port, 1280 to 65535. Default: the interface's. */
  mtu?: number;
  /** The longest prefix that an address is in decides. At most 1024. */
  routes?: readonly RouteSpec[];
  /** Lowers the segment size that TCP ends announce: to what fits the MTU of both legs, or to a number. Default false. */
  clampMss?: boolean | number;
  /**
   * Asks the link at start whether somebody else has the IPv6 addresses (RFC 4862 section 5.4), and does not start then. Takes a second.
   * Default true; `af-packet` and `tap` ports alone do it.
   */
  detectDuplicates?: boolean;
}

/** A network interface of this machine. Needs the package koffi, and privileges. */
export interface InterfacePortSpec extends LegKeys {
  /** `af-packet`, `af-xdp`: an interface that is there. `tap`, `tun`: one whose other end is the system, made where there is none. */
  kind: 'af-packet' | 'af-xdp' | 'tap' | 'tun';
  /** Its name, as `ip link` shows it. */
  interface: string;
}

/** A tunnel of Ethernet frames over UDP (RFC 7348), to one peer. */
export interface VxlanPortSpec extends LegKeys {
  kind: 'vxlan';
  /** Virtual network identifier, 24 bits. */
  vni: number;
  /** The peer: an address, and its UDP port where that is not 4789. */
  remote: string;
  /** Where datagrams are received. Default: every address, port 4789. */
  local?: string;
  /** Longest IP packet inside. Default 1450, or 1430 over IPv6. */
  mtu?: number;
}

/**
 * A port whose backend a module makes, in the manager's thread: its default export is a `PortFactory` (port/contract.ts).
 * For measuring and testing: that contract may change. In TypeScript only.
 */
export interface ModulePortSpec {
  kind: 'module';
  /** URL of the module. */
  module: string;
  /** Handed to the factory, by structured clone; shared memory in it stays shared. */
  options?: unknown;
}

export type PortSpec = CapturePortSpec | GeneratorPortSpec | SinkPortSpec | MemoryPortSpec | ModulePortSpec | VxlanPortSpec | InterfacePortSpec | QueuePort;

/** `{ firewall: { rules: […] } }`: one key, the function; in its options, `from` and `as` are not the function's own. */
export type ShortUse = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;

export interface LongUse {
  /** Name of the definition. */
  function: string;
  /** Package or file-relative path of the module that defines it. Not for stock functions. */
  from?: string;
  /** Name of this use, when the function's own name is taken. */
  as?: string;
  options?: Readonly<Record<string, unknown>>;
}

/** Network functions in the order of the forward path. A plain name is a function without options. */
export type FunctionList = readonly (NetworkFunctionUse | ShortUse | LongUse | string)[];

/** A list of network functions, or a map with such a list and where and how they run. */
export type ChainSpec = FunctionList | ({ functions: FunctionList } & ChainOptions);

interface PathBody {
  /** Which packets: docs/rules.md. Default `any`. The first path that matches is taken, else the packet is dropped: `no-path`. */
  match?: string;
  /** A chain, or the name of one of the configuration's. */
  via: Chain | string;
  /** Names of the chain's functions that these packets pass, in the chain's order. Default: all of them. */
  through?: readonly string[];
}

/** Both ways: from the first port to the second, and back in the chain's reverse order. */
export interface TwoWayPath extends PathBody {
  between: readonly [string, string];
}

export interface OneWayPath extends PathBody {
  from: string;
  to: string;
}

export type PathSpec = TwoWayPath | OneWayPath;

export interface MemoryShape {
  /** 2 to 1048576. Default 4096. */
  slots?: number;
  /** Power of two, 512 to 131072. Default 2048. */
  slotBytes?: number;
}

export interface Configuration {
  captures?: Readonly<Record<string, CaptureSpec>>;
  chains?: Readonly<Record<string, ChainSpec>>;
  ports: Readonly<Record<string, PortSpec>>;
  paths: readonly PathSpec[];
  memory?: MemoryShape;
  /** Connections known at a time, 1 to 1048576. Default 65536. */
  flows?: number;
  /** `copy` gives every VM a buffer of its own: for comparison. Default `zero-copy`. */
  mode?: 'zero-copy' | 'copy';
  /** Most packets that a VM takes in one step, 1 to 1024. Default 64. */
  burst?: number;
  /**
   * When a sleeping thread is woken. `throughput`: when there is much to do, or nothing else to do. `latency`: at once.
   * `auto`: at once while less than a full burst comes, else as `throughput`. Default `auto`.
   */
  wakeUp?: WakeUp;
  /**
   * `separate`: a thread for the manager, for each VM, and two for each port on an interface. `one`: all of them in one, for machines
   * with fewer cores than that. Default `separate`.
   */
  threads?: Threads;
}

export type Threads = 'separate' | 'one';

export const DEFAULTS = { slots: 4096, slotBytes: 2048, flows: 65536, mode: 'zero-copy', burst: 64, wakeUp: 'auto', threads: 'separate', placement: 'per-vm', routing: 'hub', replicas: 1, match: 'any' } as const;
