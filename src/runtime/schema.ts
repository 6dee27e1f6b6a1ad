/** Shapes of the parts of a configuration, which the checker reads part by part. json-schema.ts makes a whole of them. */
import { z } from 'zod';
import { MAX_REGION_BYTES, MAX_SLOT_BYTES, MIN_SLOT_BYTES } from '../memory/region.js';
import { MAX_CONNECTIONS } from '../flow/connection-layout.js';
import { MAX_VNI } from '../port/tunnel/vxlan.js';
import { MAX_GENERATED_BYTES, MAX_GENERATED_FLOWS, minimumFrame } from '../port/generator.js';

/** Two: one packet may wait while another is under way. */
export const MIN_SLOTS = 2;
/** A million packets at a time; headers and rings for more would outgrow the packets of a file. */
export const MAX_SLOTS = 2 ** 20;
/** A burst is a few cache-resident packets; beyond this, latency grows and nothing else. */
export const MAX_BURST = 1024;
/** Flow ids have 22 bits of index, and index 0 means no flow. */
export const MAX_FLOWS = MAX_CONNECTIONS;
/** The slot header names ports in one byte, and 255 is kept for none. */
export const MAX_PORTS = 255;
/** Each network function is a thread with a heap of its own. */
export const MAX_VMS = 64;
/** The slot header has two bytes for the path; a list this long is no longer written by hand. */
export const MAX_PATHS = 4096;
export { MAX_REGION_BYTES, MAX_SLOT_BYTES, MIN_SLOT_BYTES };

/** More would run for days. */
const MAX_GENERATED_PACKETS = 1e12;
/** Timestamps have 32 bits of seconds. */
const MAX_SECONDS = 0xffffffff;

export const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
export const NAME_EXPECTED = "a letter, then up to 63 letters, digits, '.', '-' or '_'";

/** What IPv6 needs at least (RFC 8200 section 5), and the longest IP packet. */
const MIN_MTU = 1280;
const MAX_MTU = 65535;
/** As Linux takes them. */
const INTERFACE_NAME = /^(?!\.{1,2}$)[^\s/:%]{1,15}$/;

const mtu = z.int().min(MIN_MTU).max(MAX_MTU);
/** Few networks have more; a lookup takes as long as there are lengths, not routes. */
const MAX_ROUTES = 1024;
/** Announcements at start, and sources that ICMP errors are chosen from. */
const MAX_ADDRESSES = 64;
/** What every host takes (RFC 9293 section 3.7.1), and what the longest packet has. */
const MIN_MSS = 536;
const MAX_MSS = 65495;

const frameBytes = z.int().min(minimumFrame('udp', 4)).max(MAX_GENERATED_BYTES);
export const text = z.string().min(1);
export const name = z.string().regex(NAME);
const prefixes = z.array(text).min(1).describe('Prefixes of the inside. Without them, who opened a connection is inside.');
const side = z.enum(['inside', 'outside']);
const onCapture = { kind: z.literal('capture').optional(), side: side.optional() } as const;
const write = text.describe('Where what leaves by this port is written (pcapng, or pcap by its suffix). Without it, it is counted and let go.');

const legParts = {
  addresses: z.array(text).min(1).max(MAX_ADDRESSES).optional().describe('Makes the port a leg of a router: addresses with the lengths of their networks, such as 10.0.0.1/24.'),
  mac: text.optional().describe("Hardware address. Default: the interface's own, or one made up."),
  routes: z
    .array(z.strictObject({ to: text.describe('A prefix, or default.'), via: text.optional().describe('The next hop. Without it, the destinations are on the link.') }))
    .max(MAX_ROUTES)
    .optional()
    .describe('Ways to other networks by this port.'),
  clampMss: z.union([z.boolean(), z.int().min(MIN_MSS).max(MAX_MSS)]).optional().describe('Lowers the segment size that TCP ends announce, to what fits or to a number. Default: false.'),
  detectDuplicates: z.boolean().optional().describe('Asks the link at start whether somebody else has the IPv6 addresses, which takes a second. Default: true.'),
} as const;

export const captureShape = z
  .strictObject({ file: text.describe('A pcap or pcapng file, plain or gzipped. Relative to this file.'), inside: prefixes.optional() })
  .describe('A capture file that ports refer to by name.');

export const portShapes = {
  capture: z
    .strictObject({ ...onCapture, capture: name.describe('A name under `captures`.'), write: write.optional() })
    .describe('Reads a named capture, all of it or one side.'),
  file: z
    .strictObject({ ...onCapture, file: text, inside: prefixes.optional(), write: write.optional() })
    .describe('Reads a capture file.'),
  generator: z
    .strictObject({
      kind: z.literal('generator'),
      packets: z.int().min(1).max(MAX_GENERATED_PACKETS),
      lengths: z
        .union([frameBytes, z.array(frameBytes).min(1), z.strictObject({ minimum: frameBytes, maximum: frameBytes })])
        .optional()
        .describe('Bytes of a frame: one length, some in turn, or a range to draw from. Default: 64.'),
      flows: z.int().min(1).max(MAX_GENERATED_FLOWS).optional().describe('Different 5-tuples. Default: 1.'),
      protocol: z.enum(['udp', 'tcp']).optional(),
      version: z.union([z.literal(4), z.literal(6)]).optional().describe('Of IP. Default: 4.'),
      rate: z.number().positive().optional().describe('Packets per second of packet time. Default: 1000000.'),
      seed: z.int().optional(),
      startSeconds: z.int().min(0).max(MAX_SECONDS).optional().describe('Time of the first packet, in seconds since 1970.'),
    })
    .describe('Makes packets of its own, then is exhausted.'),
  sink: z.strictObject({ kind: z.literal('sink'), write: write.optional() }).describe('Takes every packet and lets it go, or writes it.'),
  vxlan: z
    .strictObject({
      kind: z.literal('vxlan'),
      vni: z.int().min(0).max(MAX_VNI).describe('Virtual network identifier.'),
      remote: text.describe('Address of the peer, and its UDP port where that is not 4789.'),
      local: text.optional().describe('Address and UDP port to receive at. Default: every address, port 4789.'),
      mtu: mtu.optional().describe('Longest IP packet inside. Default: 1450, or 1430 over IPv6.'),
      ...legParts,
    })
    .describe('Ethernet frames in VXLAN, over UDP. Needs no privileges.'),
  interface: z
    .strictObject({
      kind: z.enum(['af-packet', 'af-xdp', 'tap', 'tun']),
      interface: z.string().regex(INTERFACE_NAME).describe('Name of the interface. A TAP or TUN interface is made where there is none.'),
      mtu: mtu.optional().describe("Longest IP packet that leaves. Default: the interface's."),
      ...legParts,
    })
    .describe('A network interface of this machine. Needs the package koffi and privileges.'),
  memory: z.strictObject({
    kind: z.literal('memory'),
    packets: z.array(z.instanceof(Uint8Array)).optional(),
    linkType: z.int().min(0).max(65535).optional(),
  }),
  module: z.strictObject({ kind: z.literal('module'), module: z.url(), options: z.unknown().optional() }),
} as const;

const options = z.record(z.string(), z.unknown());

export const longUseShape = z
  .strictObject({
    function: text.describe('Name of the network function.'),
    from: text.optional().describe('Package, or path relative to this file, of the module that defines it. Not for stock functions.'),
    as: name.optional().describe("Name of this use, when the function's own name is taken."),
    options: options.optional(),
  })
  .describe('A network function, in full.');

export const chainParts = {
  placement: z
    .enum(['per-vm', 'together', 'inline', 'auto'])
    .optional()
    .describe("Where the functions run: each in a VM of its own, all in one, all in one within the packet manager's thread, or whichever of the first two suits the cores. Default: per-vm."),
  routing: z.enum(['hub', 'mesh']).optional().describe('How packets go from VM to VM: by way of the packet manager, or directly. Default: hub.'),
  replicas: z
    .union([z.int().min(1).max(MAX_VMS), z.record(z.string(), z.int().min(1).max(MAX_VMS))])
    .optional()
    .describe('How often the chain exists; or a map of how often some of its functions do, by name, the others being shared. Connections are spread over the replicas. Default: 1.'),
} as const;

/** A chain that is more than a list, with the list not yet looked into. */
export const chainShape = z.strictObject({ functions: z.array(z.unknown()), ...chainParts });

const pathBody = {
  match: text.optional().describe('Which packets: see docs/rules.md. Default: any.'),
  via: z.unknown().optional(),
  through: z.array(name).min(1).optional().describe("The chain's functions that these packets pass, in its order. Default: all."),
};

export const pathShapes = {
  between: z.strictObject({ between: z.tuple([text, text]), ...pathBody }).describe('Both ways.'),
  oneWay: z.strictObject({ from: text, to: text, ...pathBody }).describe('One way.'),
} as const;

export const topParts = {
  memory: z
    .strictObject({
      slots: z.int().min(MIN_SLOTS).max(MAX_SLOTS).optional().describe('Packets that can be under way at a time. Default: 4096.'),
      slotBytes: z
        .int()
        .min(MIN_SLOT_BYTES)
        .max(MAX_SLOT_BYTES)
        .optional()
        .describe('A power of two. 320 of them are not for data. Default: 2048.'),
    })
    .optional(),
  flows: z.int().min(1).max(MAX_FLOWS).optional().describe('Connections known at a time. Default: 65536.'),
  mode: z.enum(['zero-copy', 'copy']).optional().describe('`copy` gives every VM a buffer of its own, for comparison. Default: zero-copy.'),
  burst: z.int().min(1).max(MAX_BURST).optional().describe('Most packets that a VM takes in one step. Default: 64.'),
  wakeUp: z
    .enum(['throughput', 'latency', 'auto', 'poll'])
    .optional()
    .describe('When a sleeping thread is woken: when there is much to do, at once, or by the load. `poll`: no thread sleeps, and each takes a core. Default: auto.'),
  threads: z
    .enum(['separate', 'one'])
    .optional()
    .describe('`one` runs ports on interfaces, manager and VMs in one thread, for machines with few cores. Default: separate.'),
} as const;

/** The top, with its lists not yet looked into. */
export const topShape = z.strictObject({
  captures: z.record(z.string(), z.unknown()).optional(),
  ports: z.record(z.string(), z.unknown()),
  chains: z.record(z.string(), z.unknown()).optional(),
  paths: z.array(z.unknown()),
  ...topParts,
});
