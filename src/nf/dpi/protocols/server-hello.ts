/** Hot: no allocation. A TLS server's first flight: its ServerHello (RFC 8446, 4.1.3) and, before TLS 1.3, its certificate. */

export const HandshakeType = { clientHello: 1, serverHello: 2, certificate: 11 } as const;
export const HANDSHAKE_HEADER_BYTES = 4;

const ALERT = 21;
const WARNING = 1;
const WARNING_BYTES = 7;
/** Of a server there is one; what has more, is made to confuse. */
const MAX_WARNINGS = 4;

/** A server that does not know the name may warn before it says hello (RFC 6066, 3): where the records behind such warnings begin. */
export function afterWarnings(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (let k = 0; k < MAX_WARNINGS && at + WARNING_BYTES < end; k++) {
    const isWarning = bytes[at] === ALERT && bytes[at + 1] === 3 && bytes[at + 2] <= 4 && bytes[at + 3] === 0 && bytes[at + 4] === 2 && bytes[at + 5] === WARNING;
    if (!isWarning) return at;
    at += WARNING_BYTES;
  }
  return at;
}

/** How much of the flight is there. */
export const Flight = {
  /** There may be a certificate, and it is not there yet. */
  cut: 0,
  /** All that can be seen is there. */
  whole: 1,
} as const;

const TLS_1_3 = 0x0304;
const SUPPORTED_VERSIONS = 43;

/**
 * Where the server's certificate begins in `bytes[start, end)`, handshake messages that begin with a ServerHello; 0 when it
 * is not in them. `leafEnd` is where it ends: perhaps after the bytes.
 */
export function findCertificate(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + HANDSHAKE_HEADER_BYTES <= end; ) {
    const body = at + HANDSHAKE_HEADER_BYTES;
    if (bytes[at] === HandshakeType.certificate && body + 6 <= end) {
      leafEnd = body + 6 + ((bytes[body + 3] << 16) | (bytes[body + 4] << 8) | bytes[body + 5]);
      return body + 6;
    }
    if (bytes[at] !== HandshakeType.serverHello && bytes[at] !== HandshakeType.certificate) return 0;
    at = body + ((bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]);
  }
  return 0;
}

export let leafEnd = 0;

/** Whether `bytes[start, end)`, handshake messages that begin with a ServerHello, have all that a server tells in the clear. */
export function inspectFlight(bytes: Uint8Array, start: number, end: number, isFollowed: boolean): number {
  const body = start + HANDSHAKE_HEADER_BYTES;
  const helloEnd = body + ((bytes[start + 1] << 16) | (bytes[start + 2] << 8) | bytes[start + 3]);
  if (helloEnd > end) return isFollowed ? Flight.whole : Flight.cut;
  // From TLS 1.3 on what follows is encrypted.
  if (selectedVersion(bytes, body, helloEnd) >= TLS_1_3) return Flight.whole;
  if (findCertificate(bytes, start, end) > 0) return leafEnd <= end || isFollowed ? Flight.whole : Flight.cut;
  // Another message after the hello, or another kind of record: no certificate comes (a session is resumed).
  const isOther = helloEnd < end && bytes[helloEnd] !== HandshakeType.certificate;
  return isOther || isFollowed ? Flight.whole : Flight.cut;
}

/** The version that a ServerHello in `bytes[body, end)` chose: its own field, or the extension that replaces it. */
export function selectedVersion(bytes: Uint8Array, body: number, end: number): number {
  const legacy = (bytes[body] << 8) | bytes[body + 1];
  const at = extensionsAt(bytes, body, end);
  for (let from = at + 2; at > 0 && from + 4 <= end; from += 4 + ((bytes[from + 2] << 8) | bytes[from + 3])) {
    const type = (bytes[from] << 8) | bytes[from + 1];
    if (type === SUPPORTED_VERSIONS && from + 6 <= end) return (bytes[from + 4] << 8) | bytes[from + 5];
  }
  return legacy;
}

/** Where the extensions of a ServerHello begin, with their length; 0 when it has none. */
export function extensionsAt(bytes: Uint8Array, body: number, end: number): number {
  if (body + 35 > end) return 0;
  const at = body + 35 + bytes[body + 34] + 3; // version, random, session id; cipher and compression
  return at + 2 <= end ? at : 0;
}
