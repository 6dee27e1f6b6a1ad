/** A port of the kind `module`: receives one packet of the length that its options say, and takes what is sent. */
export default function onePacketPort(memory, _counts, { length }) {
  const sent = [];
  let left = 1;
  return {
    get exhausted() {
      return left === 0;
    },
    receive(slots, count) {
      if (left === 0 || count === 0) return 0;
      left = 0;
      const word = memory.slotIndex(slots[0]) << 4;
      memory.region.fill(0, slots[0] + 128, slots[0] + 128 + length);
      memory.headers.u32.set([128, length, length], word);
      memory.headers.u8[(word << 2) + 15] = 1;
      return 1;
    },
    transmit(addresses, count) {
      for (let k = 0; k < count; k++) sent.push(addresses[k]);
    },
    complete(out, max) {
      const done = sent.splice(0, max);
      out.set(done);
      return done.length;
    },
    close() {},
  };
}
