/**
 * Keys of QUIC Initial packets (RFC 9001, 5.2; RFC 9369, 3.3): derived from the connection id that stands in the clear.
 * Not hot: node:crypto allocates, for the first packets of a flow only.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

interface VersionKeys {
  salt: Buffer;
  labels: 'quic' | 'quicv2';
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const V1: VersionKeys = { salt: hex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a'), labels: 'quic' };
const V2: VersionKeys = { salt: hex('0dede3def700a6db819381be6e269dcbf9bd2ed9'), labels: 'quicv2' };
const DRAFT_29: VersionKeys = { salt: hex('afbfec289993d24c9e9786f19c6111e04390a899'), labels: 'quic' };
const DRAFT_23: VersionKeys = { salt: hex('c3eef712c72ebb5a11a7d2432bb46365bef9f502'), labels: 'quic' };
const DRAFT_21: VersionKeys = { salt: hex('7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a'), labels: 'quic' };
const GOOGLE_50: VersionKeys = { salt: hex('504574efd066fe2f9d945cfcdbd3a7f0d3b56b45'), labels: 'quic' };

/** Google's, with TLS in it, as Wireshark has their salts. */
const GOOGLE_T50: VersionKeys = { salt: hex('7ff579e5acd072915580304c43a2367c60488310'), labels: 'quic' };
const GOOGLE_T51: VersionKeys = { salt: hex('7a4edef4e7ccee5fa4506c19124fc8ccda6e033d'), labels: 'quic' };

export const QUIC_V1 = 0x00000001;
export const QUIC_V2 = 0x6b3343cf;
const DRAFT = 0xff000000;
/** mvfst, Facebook's QUIC: its versions follow drafts 22, 27 and 29. */
const MVFST_22 = 0xfaceb001;
const MVFST_27 = 0xfaceb002;
const MVFST_29 = 0xfaceb00d;
const Q050 = 0x51303530;
const [T050, T051] = [0x54303530, 0x54303531];

const AEAD_TAG_BYTES = 16;
const SAMPLE_BYTES = 16;
const RESERVED_BITS = 0x0c;

/** What a version's Initial packets are protected with, or null when that is not known here. */
function keysOf(version: number): VersionKeys | null {
  if (version === QUIC_V1) return V1;
  if (version === QUIC_V2) return V2;
  if (version === Q050) return GOOGLE_50;
  if (version === T050) return GOOGLE_T50;
  if (version === T051) return GOOGLE_T51;
  if (version === MVFST_22) return DRAFT_21;
  if (version === MVFST_27) return DRAFT_23;
  if (version === MVFST_29) return DRAFT_29;
  const draft = version - DRAFT;
  if (draft >= 33 && draft <= 34) return V1;
  if (draft >= 29 && draft <= 32) return DRAFT_29;
  if (draft >= 23 && draft <= 28) return DRAFT_23;
  if (draft >= 21 && draft <= 22) return DRAFT_21;
  return null;
}

/** What HKDF-Expand-Label (RFC 8446, 7.1) hashes for at most 32 bytes, with an empty context. */
function labelInfo(label: string, length: number): Buffer {
  const full = `tls13 ${label}`;
  return Buffer.concat([Buffer.from([0, length, full.length]), Buffer.from(full, 'latin1'), Buffer.from([0, 1])]);
}

const CLIENT = labelInfo('client in', 32);
const INFOS = {
  quic: { hp: labelInfo('quic hp', 16), iv: labelInfo('quic iv', 12), key: labelInfo('quic key', 16) },
  quicv2: { hp: labelInfo('quicv2 hp', 16), iv: labelInfo('quicv2 iv', 12), key: labelInfo('quicv2 key', 16) },
} as const;

function expand(secret: Buffer, info: Buffer, length: number): Buffer {
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

/**
 * Takes the protection off a client's Initial packet.
 * @param start first byte of the packet
 * @param idStart, idBytes the destination connection id
 * @param numberAt where the packet number is
 * @param end where the packet ends, tag included
 * @returns its frames, or null when it was not made with these keys.
 */
export function openInitial(
  bytes: Uint8Array, start: number, version: number, idStart: number, idBytes: number, numberAt: number, end: number,
): Uint8Array | null {
  const keys = keysOf(version);
  if (keys === null || numberAt + 4 + SAMPLE_BYTES > end) return null;
  const connectionId = Uint8Array.from(bytes.subarray(idStart, idStart + idBytes));
  const initial = createHmac('sha256', keys.salt).update(connectionId).digest();
  const client = expand(initial, CLIENT, 32);
  const infos = INFOS[keys.labels];
  const mask = createCipheriv('aes-128-ecb', expand(client, infos.hp, 16), null)
    .update(Uint8Array.from(bytes.subarray(numberAt + 4, numberAt + 4 + SAMPLE_BYTES)));

  const packet = Uint8Array.from(bytes.subarray(start, end));
  packet[0] ^= mask[0] & 0x0f;
  // Reserved bits are zero (RFC 9000, 17.2): of packets that other keys protect, three in four end here.
  if ((packet[0] & RESERVED_BITS) !== 0) return null;
  const numberBytes = 1 + (packet[0] & 3);
  const at = numberAt - start;
  const nonce = expand(client, infos.iv, 12);
  for (let k = 0; k < numberBytes; k++) {
    packet[at + k] ^= mask[1 + k];
    nonce[12 - numberBytes + k] ^= packet[at + k];
  }
  const body = at + numberBytes;
  if (packet.length < body + AEAD_TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-128-gcm', expand(client, infos.key, 16), nonce);
  decipher.setAAD(packet.subarray(0, body));
  decipher.setAuthTag(packet.subarray(packet.length - AEAD_TAG_BYTES));
  try {
    const frames = decipher.update(packet.subarray(body, packet.length - AEAD_TAG_BYTES));
    decipher.final(); // throws when the tag does not fit
    return frames;
  } catch {
    return null;
  }
}
