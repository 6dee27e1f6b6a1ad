/** A relay: gets a packet by a message, touches its headers, and sends it on by a message. */
import { isExpected, lowerTtl, ttlOf } from './headers.js';
import type { RelayTask } from './messages.js';

/** A packet that is not as expected goes on with its TTL as it was, and the ends find it. */
export function runRelay({ mode, from, to, ttl }: RelayTask): void {
  from.on('message', (frame: Uint8Array) => {
    if (isExpected(frame) && ttlOf(frame) === ttl) lowerTtl(frame);
    if (mode === 'transfer') to.postMessage(frame, [frame.buffer as ArrayBuffer]);
    else to.postMessage(frame);
  });
}
