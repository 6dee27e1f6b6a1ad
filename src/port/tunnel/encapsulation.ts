/** What a tunnel over UDP puts in front of a packet. VXLAN is one; others differ in these bytes alone. */
export interface Encapsulation {
  /** Bytes that `write` puts in front of a packet. At most the headroom of a slot. */
  readonly headerBytes: number;
  /** Link type of the packets inside. */
  readonly linkType: number;
  /** Writes the header at `at`. */
  write(bytes: Uint8Array, at: number): void;
  /**
   * Reads the header of a datagram of `length` bytes.
   * @returns bytes of the header, or the negative of a drop reason.
   */
  read(datagram: Uint8Array, length: number): number;
}
