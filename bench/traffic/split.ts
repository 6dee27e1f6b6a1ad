/** Traffic that a NAT has translated, parted by whose external address its inside hosts have: a connection, and all of a host's, in one part. */
import { AddressPool } from '../../src/nf/nat/address-pool.js';
import type { Recorded } from './record.js';

/** Of IPv4 without a tag, by its place in the frame (RFC 791, 3.1). */
const SOURCE_AT = 26;
const DESTINATION_AT = 30;

/** @param packets of IPv4 without a tag. @returns a part for each of `externals`; what comes from outside to none of them is in the first. */
export function splitByExternal(packets: readonly Recorded[], externals: readonly number[]): Recorded[][] {
  const pool = new AddressPool(externals);
  const partOf = ({ side, bytes }: Recorded): number => {
    const address = new DataView(bytes.buffer, bytes.byteOffset).getUint32(side === 0 ? SOURCE_AT : DESTINATION_AT);
    return side === 0 ? pool.pairedWith(address) : Math.max(0, pool.indexOf(address));
  };
  return externals.map((_, part) => packets.filter((packet) => partOf(packet) === part));
}
