/**
 * Hot: no allocation. Replaces one end of a TCP or UDP packet over IPv4, address and port at once, and mends each checksum once
 * (RFC 1624): what `packet.rewriteSourceEnd` does, for a caller that knows already where the headers lie.
 */
import { IpProtocol } from '../../packet/protocols.js';

const UDP: number = IpProtocol.udp;
const IP_CHECKSUM = 10;
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;

/**
 * @param ip where the IPv4 header begins, whose options, if any, hold no source route
 * @param addressAt where the address lies, and `portAt` the port
 * @param l4At where the header of `protocol` begins
 */
export function rewriteEnd(bytes: Uint8Array, ip: number, addressAt: number, l4At: number, portAt: number, protocol: number, address: number, port: number): void {
  const high = (bytes[addressAt] << 8) | bytes[addressAt + 1];
  const low = (bytes[addressAt + 2] << 8) | bytes[addressAt + 3];
  const newHigh = address >>> 16;
  const newLow = address & 0xffff;
  const before = (bytes[portAt] << 8) | bytes[portAt + 1];
  // A word that stays adds nothing, so that a checksum stays bit for bit where nothing changes.
  const difference = (high === newHigh ? 0 : (high ^ 0xffff) + newHigh) + (low === newLow ? 0 : (low ^ 0xffff) + newLow);
  const withPort = difference + (before === port ? 0 : (before ^ 0xffff) + port);
  bytes[addressAt] = address >>> 24;
  bytes[addressAt + 1] = newHigh;
  bytes[addressAt + 2] = newLow >>> 8;
  bytes[addressAt + 3] = newLow;
  bytes[portAt] = port >>> 8;
  bytes[portAt + 1] = port;
  if (difference !== 0) {
    const check = ip + IP_CHECKSUM;
    let sum = (((bytes[check] << 8) | bytes[check + 1]) ^ 0xffff) + difference;
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = ~((sum & 0xffff) + (sum >>> 16));
    bytes[check] = sum >>> 8;
    bytes[check + 1] = sum;
  }
  if (withPort === 0) return;
  const check = l4At + (protocol === UDP ? UDP_CHECKSUM : TCP_CHECKSUM);
  const old = (bytes[check] << 8) | bytes[check + 1];
  // Zero means that a datagram has no checksum; one that comes to zero is sent as 0xffff (RFC 768).
  if (old === 0 && protocol === UDP) return;
  let sum = (old ^ 0xffff) + withPort;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
  if (sum === 0 && protocol === UDP) sum = 0xffff;
  bytes[check] = sum >>> 8;
  bytes[check + 1] = sum;
}
