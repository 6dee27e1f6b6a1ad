/** Checks live ports: addresses, their own and those of tunnels. Runs on the main thread, before any other. */
import { addressLibrary } from '../packet/address-library.js';
import { XDP_SLOT_BYTES } from '../port/live/native/xdp/xdp-socket.js';
import { VXLAN_UDP_PORT } from '../port/tunnel/vxlan.js';
import { checkLeg } from './check-leg.js';
import { isOnInterface, type LegPlan, type LivePortSpec } from './live-ports.js';
import type { PlanPort } from './plan.js';
import { at, describe, TOP, type Findings, type Site } from './place.js';
import { readPart, type Part } from './readable-part.js';
import { portShapes } from './schema.js';

interface Endpoint {
  address: string;
  port: number;
}

const MAX_UDP_PORT = 65535;
/** What an Ethernet of 1500 leaves: IP, UDP, VXLAN and the inner Ethernet header take the rest. */
const DEFAULT_MTU_IN_IPV4 = 1450;
const DEFAULT_MTU_IN_IPV6 = 1430;

/** `192.0.2.1`, `192.0.2.1:4789`, `fd00::1` or `[fd00::1]:4789`, with the address in the one form that the system writes. */
function parseEndpoint(text: string): Endpoint | null {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:]*|[^[\]]*:[^[\]]*:[^[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  const port = portText === undefined ? VXLAN_UDP_PORT : Number(portText);
  const { IPv4, IPv6, isValid, parse } = addressLibrary();
  if (!isValid(address) || (IPv4.isValid(address) && !IPv4.isValidFourPartDecimal(address)) || port > MAX_UDP_PORT) return null;
  const parsed = parse(address);
  return { address: parsed instanceof IPv6 ? parsed.toRFC5952String() : parsed.toString(), port };
}

export function checkInterface(findings: Findings, value: object, site: Site): LivePortSpec | null {
  const before = findings.problems.length;
  const part = readPart(findings, portShapes.interface, value, site);
  if (part === null) return null;
  const shape = part.value;
  const leg = checkLegPart(findings, part, site);
  return findings.problems.length > before ? null : { kind: shape.kind, interface: shape.interface, leg };
}

/** Where addresses could not be read, nobody knows whether what belongs to them is in place. */
function checkLegPart(findings: Findings, { value, isWhole }: Part<Parameters<typeof checkLeg>[1]>, site: Site): LegPlan | null {
  return isWhole || value.addresses !== undefined ? checkLeg(findings, value, site) : null;
}

/** No two ports have one interface. */
export function checkInterfaces(findings: Findings, ports: readonly PlanPort[]): void {
  const owners = new Map<string, string>();
  for (const { name, spec } of ports) {
    if (!isOnInterface(spec)) continue;
    const other = owners.get(spec.interface);
    if (other !== undefined) {
      findings.add('same-interface', at(TOP, 'ports', name, 'interface'), { found: describe(spec.interface), expected: 'an interface for each port', message: `'${other}' and '${name}' are the same interface` });
    }
    owners.set(spec.interface, name);
  }
}

/** The slots of an XDP port are the kernel's chunks, which have no other lengths. */
export function checkChunks(findings: Findings, ports: readonly (PlanPort | null)[], slotBytes: number): void {
  const port = ports.find((each) => each?.spec.kind === 'af-xdp');
  if (port == null || XDP_SLOT_BYTES.includes(slotBytes)) return;
  const message = `the slots of an 'af-xdp' port ('${port.name}') are ${XDP_SLOT_BYTES.join(' or ')} bytes long: the kernel knows no other lengths`;
  findings.add('impossible-size', at(TOP, 'memory', 'slotBytes'), { found: String(slotBytes), expected: XDP_SLOT_BYTES.join(' or '), message });
}

/** What waits for an event loop, or is rung for by the application, cannot share a thread that waits for frames. */
export function checkThreads(findings: Findings, threads: unknown, ports: readonly (PlanPort | null)[]): void {
  if (threads !== 'one') return;
  const waitsForFrames = ports.some((port) => port !== null && isOnInterface(port.spec));
  for (const port of ports) {
    const kind = port?.spec.kind;
    if (port === null || !(kind === 'vxlan' || kind === 'af-xdp' || (kind === 'queue' && waitsForFrames))) continue;
    const message = `a port of kind '${kind}' ('${port.name}') needs a thread of its own`;
    findings.add('wrong-value', at(TOP, 'threads'), { found: describe(threads), expected: "'separate', or other ports", message });
  }
}

export function checkVxlan(findings: Findings, value: object, site: Site): LivePortSpec | null {
  const before = findings.problems.length;
  const part = readPart(findings, portShapes.vxlan, value, site);
  if (part === null) return null;
  const shape = part.value;
  const leg = checkLegPart(findings, part, site);
  const remote = endpointAt(findings, shape.remote, at(site, 'remote'));
  const isSix = remote?.address.includes(':') ?? false;
  const local = endpointAt(findings, shape.local ?? (isSix ? '::' : '0.0.0.0'), at(site, 'local'));
  if (remote === null || local === null) return null;
  if (local.address.includes(':') !== isSix) {
    const message = "'local' and 'remote' are of different IP versions";
    findings.add('wrong-value', at(site, 'local'), { found: describe(shape.local), expected: `an address of IPv${isSix ? 6 : 4}`, message });
    return null;
  }
  if (remote.port === 0) {
    findings.add('wrong-value', at(site, 'remote'), { found: describe(shape.remote), expected: 'a port from 1 on', message: 'nothing can be sent to port 0' });
    return null;
  }
  if (findings.problems.length > before) return null;
  return { kind: 'vxlan', vni: shape.vni, localAddress: local.address, localPort: local.port, remoteAddress: remote.address, remotePort: remote.port, mtu: shape.mtu ?? (isSix ? DEFAULT_MTU_IN_IPV6 : DEFAULT_MTU_IN_IPV4), leg };
}

function endpointAt(findings: Findings, text: string, site: Site): Endpoint | null {
  const endpoint = parseEndpoint(text);
  if (endpoint === null) {
    const expected = 'an IP address, such as 192.0.2.1, 192.0.2.1:4789 or [fd00::1]:4789';
    findings.add('bad-address', site, { found: describe(text), expected, message: `${describe(text)} is not an address with a UDP port` });
  }
  return endpoint;
}
