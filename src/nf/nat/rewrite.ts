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
 * @param view of the bytes that the next ones count in
 * @param ip where the IPv4 header begins, whose options, if any, hold no source route
 * @param addressAt where the address lies, and `portAt` the port
 * @param l4At where the header of `protocol` begins
 */
export function rewriteEnd(view: DataView, ip: number, addressAt: number, l4At: number, portAt: number, protocol: number, address: number, port: number): void {
  const old = view.getInt32(addressAt);
  const before = view.getUint16(portAt);
  const high = old >>> 16;
  const low = old & 0xffff;
  const newHigh = address >>> 16;
  const newLow = address & 0xffff;
  // A word that stays adds nothing, so that a checksum stays bit for bit where nothing changes.
  const difference = (high === newHigh ? 0 : (high ^ 0xffff) + newHigh) + (low === newLow ? 0 : (low ^ 0xffff) + newLow);
  const withPort = difference + (before === port ? 0 : (before ^ 0xffff) + port);
  view.setInt32(addressAt, address);
  view.setUint16(portAt, port);
  if (difference !== 0) view.setUint16(ip + IP_CHECKSUM, mended(view.getUint16(ip + IP_CHECKSUM), difference));
  if (withPort === 0) return;
  const check = l4At + (protocol === UDP ? UDP_CHECKSUM : TCP_CHECKSUM);
  const sum = view.getUint16(check);
  // Zero means that a datagram has no checksum; one that comes to zero is sent as 0xffff (RFC 768).
  if (protocol !== UDP) view.setUint16(check, mended(sum, withPort));
  else if (sum !== 0) view.setUint16(check, mended(sum, withPort) || 0xffff);
}

/** A checksum whose words have changed by `difference`, a sum of at most three (complement of the old + new). */
function mended(checksum: number, difference: number): number {
  const sum = (checksum ^ 0xffff) + difference;
  const folded = (sum & 0xffff) + (sum >>> 16);
  return ~((folded & 0xffff) + (folded >>> 16)) & 0xffff;
}
