/** A Piscina task: what one network function does to one packet. Returns the packet, which crosses threads both ways. */
import { isExpected, lowerTtl, ttlOf } from './headers.js';

export interface PacketTask {
  readonly frame: Uint8Array;
  readonly ttl: number;
}

export default function touchPacket({ frame, ttl }: PacketTask): Uint8Array {
  if (isExpected(frame, 0) && ttlOf(frame, 0) === ttl) lowerTtl(frame, 0);
  return frame;
}
