/**
 * Hot: no allocation. Cuts a long TCP packet into packets of at most `segmentBytes` of payload, as the hardware would: each
 * has the headers, with its own lengths, identification, sequence number and checksums; FIN and PSH go with the last, CWR
 * with the first (RFC 3168 section 6.1.2).
 */
import { BlockCopier } from '../memory/block-copier.js';
import { readU16, readU32, writeU16, writeU32 } from '../packet/bytes.js';
import { checksum, pseudoHeaderSum } from '../packet/checksum.js';
import { TCP_CHECKSUM } from '../packet/l4-checksum.js';
import { VLAN_BYTES, isVlan } from '../packet/vlan.js';

const TCP = 6;
const ETHERNET_BYTES = 14;
const FIN_AND_PSH = 0x09;
const CWR = 0x80;

export class Segmenter {
  /** Bytes of the headers of each packet. */
  headerBytes = 0;
  readonly #copier = new BlockCopier();
  #bytes: Uint8Array = new Uint8Array(0);
  #frame = 0;
  #l3 = 0;
  #l4 = 0;
  #isSix = false;
  #end = 0;
  #segmentBytes = 0;

  /**
   * Looks at the frame in `bytes[frame, frame + length)`.
   * @param linkBytes of its link header: 14, or 0 where there is none.
   * @returns packets that it makes, or 0 when it is not TCP over IP.
   */
  begin(bytes: Uint8Array, frame: number, length: number, linkBytes: number, segmentBytes: number): number {
    const end = frame + length;
    let l3 = frame + linkBytes;
    if (linkBytes === ETHERNET_BYTES) {
      while (l3 + VLAN_BYTES <= end && isVlan(readU16(bytes, l3 - 2))) l3 += VLAN_BYTES;
    }
    if (segmentBytes === 0 || l3 + 40 > end) return 0;
    const version = bytes[l3] >>> 4;
    this.#isSix = version === 6;
    const l4 = this.#isSix ? l3 + 40 : l3 + (bytes[l3] & 15) * 4;
    if ((version !== 4 && version !== 6) || l4 + 20 > end || bytes[l3 + (this.#isSix ? 6 : 9)] !== TCP) return 0;
    const payload = l4 + (bytes[l4 + 12] >>> 4) * 4;
    if (payload > end || payload < l4 + 20 || l4 < l3 + 20) return 0;
    this.#bytes = bytes;
    this.#frame = frame;
    this.#l3 = l3;
    this.#l4 = l4;
    this.#end = end;
    this.#segmentBytes = segmentBytes;
    this.headerBytes = payload - frame;
    return Math.max(1, Math.ceil((end - payload) / segmentBytes));
  }

  /** Where the TCP header begins, from the frame's start. */
  get l4Offset(): number {
    return this.#l4 - this.#frame;
  }

  /**
   * Writes packet `k` of those that `begin` counted to `out[at]`; returns its bytes.
   * @param begun leaves its TCP checksum at the pseudo-header's sum.
   */
  write(k: number, out: Uint8Array, at: number, begun: boolean): number {
    const from = this.#bytes;
    const { headerBytes } = this;
    const payload = this.#frame + headerBytes + k * this.#segmentBytes;
    const payloadBytes = Math.min(this.#segmentBytes, this.#end - payload);
    const isLast = payload + payloadBytes >= this.#end;
    this.#copier.copy(from, this.#frame, out, at, headerBytes);
    this.#copier.copy(from, payload, out, at + headerBytes, payloadBytes);
    const l3 = at + this.#l3 - this.#frame;
    const l4 = at + this.#l4 - this.#frame;
    const l4Bytes = headerBytes - (l4 - at) + payloadBytes;
    if (this.#isSix) writeU16(out, l3 + 4, l4Bytes);
    else {
      writeU16(out, l3 + 2, l4 - l3 + l4Bytes);
      writeU16(out, l3 + 4, (readU16(from, this.#l3 + 4) + k) & 0xffff);
      writeU16(out, l3 + 10, 0);
      writeU16(out, l3 + 10, checksum(out, l3, l4 - l3));
    }
    writeU32(out, l4 + 4, (readU32(from, this.#l4 + 4) + k * this.#segmentBytes) >>> 0);
    if (!isLast) out[l4 + 13] &= ~FIN_AND_PSH;
    if (k > 0) out[l4 + 13] &= ~CWR;
    writeU16(out, l4 + TCP_CHECKSUM, 0);
    const pseudo = this.#isSix ? pseudoHeaderSum(out, l3 + 8, 32, TCP, l4Bytes) : pseudoHeaderSum(out, l3 + 12, 8, TCP, l4Bytes);
    writeU16(out, l4 + TCP_CHECKSUM, begun ? pseudo : checksum(out, l4, l4Bytes, pseudo));
    return headerBytes + payloadBytes;
  }
}
