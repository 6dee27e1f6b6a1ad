/** A relay: gets packets by messages, touches their headers, and sends them on by messages. */
import { isExpected, lowerTtl, ttlOf } from './headers.js';
import type { RelayTask } from './messages.js';

/** A packet that is not as expected goes on with its TTL as it was, and the ends find it. */
export function runRelay({ mode, from, to, bytes, ttl }: RelayTask): void {
  from.on('message', (frames: Uint8Array) => {
    for (let at = 0; at < frames.length; at += bytes) if (isExpected(frames, at) && ttlOf(frames, at) === ttl) lowerTtl(frames, at);
    if (mode === 'transfer') to.postMessage(frames, [frames.buffer as ArrayBuffer]);
    else to.postMessage(frames);
  });
}
