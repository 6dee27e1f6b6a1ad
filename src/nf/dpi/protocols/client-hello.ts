/** Hot: no allocation. A TLS ClientHello (RFC 8446, 4.1.2) and its server name (RFC 6066, 3): for TLS, DTLS and QUIC. */
import { MAX_HOST_BYTES } from '../dissector.js';
import type { Finding } from '../dissector.js';

/** What became of reading it. `cut`: the bytes end before the body does; the server name may have been among them. */
export const Hello = { invalid: 0, cut: 1, whole: 2 } as const;

const CLIENT_RANDOM_END = 34;
const MAX_SESSION_ID_BYTES = 32;
const EXTENSION_SERVER_NAME = 0;
const NAME_TYPE_HOST = 0;

/**
 * Reads the body of a ClientHello, after the handshake header, and leaves the server name in `finding`.
 * @param end where the bytes present end
 * @param bodyEnd where the body ends by its own length: at or after `end`
 * @param isDatagram DTLS: a cookie follows the session id
 */
export function readClientHello(
  bytes: Uint8Array, start: number, end: number, bodyEnd: number, isDatagram: boolean, finding: Finding,
): number {
  let at = start + CLIENT_RANDOM_END;
  if (at + 1 > bodyEnd) return Hello.invalid;
  if (at + 1 > end) return Hello.cut;
  if (bytes[at] > MAX_SESSION_ID_BYTES) return Hello.invalid;
  at += 1 + bytes[at];
  if (isDatagram) {
    if (at + 1 > end) return short(at + 1, bodyEnd);
    at += 1 + bytes[at];
  }
  if (at + 2 > end) return short(at + 2, bodyEnd);
  const cipherBytes = (bytes[at] << 8) | bytes[at + 1];
  if ((cipherBytes & 1) !== 0 || cipherBytes === 0) return Hello.invalid;
  at += 2 + cipherBytes;
  if (at + 1 > end) return short(at + 1, bodyEnd);
  at += 1 + bytes[at];
  if (at === bodyEnd) return Hello.whole; // SSL 3 and early TLS 1.0 have no extensions
  if (at + 2 > end) return short(at + 2, bodyEnd);
  const extensionsEnd = at + 2 + ((bytes[at] << 8) | bytes[at + 1]);
  at += 2;
  while (at + 4 <= extensionsEnd) {
    if (at + 4 > end) return short(at + 4, bodyEnd);
    const type = (bytes[at] << 8) | bytes[at + 1];
    const next = at + 4 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    if (type === EXTENSION_SERVER_NAME) readServerName(bytes, at + 4, end, next, finding);
    at = next;
  }
  return end < bodyEnd ? Hello.cut : Hello.whole;
}

function readServerName(bytes: Uint8Array, start: number, end: number, extensionEnd: number, finding: Finding): void {
  // List length (2), type of the name (1), its length (2), the name. There is only ever one.
  const at = start + 5;
  if (extensionEnd < at || end < at) return;
  const nameBytes = (bytes[start + 3] << 8) | bytes[start + 4];
  if (bytes[start + 2] !== NAME_TYPE_HOST || nameBytes > MAX_HOST_BYTES || at + nameBytes > extensionEnd || at + nameBytes > end) return;
  finding.setHost(bytes, at, nameBytes > 0 && bytes[at + nameBytes - 1] === 0x2e ? at + nameBytes - 1 : at + nameBytes);
}

/** The bytes end before `needed`: for want of bytes, or because the message ends there and lies. */
function short(needed: number, bodyEnd: number): number {
  return needed > bodyEnd ? Hello.invalid : Hello.cut;
}
