/** One connection's packets, both ways: what the stories of the firewall tests are told with. */
import { TcpFlag } from '../../../src/packet/protocols.js';
import { tcp4, udp4 } from '../../support/packets.js';

export const INSIDE = '10.0.1.5';
export const OUTSIDE = '198.51.100.7';
export const REVERSE = { direction: 'reverse' } as const;

const { syn, ack, fin, rst } = TcpFlag;
const there = { source: INSIDE, destination: OUTSIDE, sourcePort: 40000, destinationPort: 80 };
const back = { source: OUTSIDE, destination: INSIDE, sourcePort: 80, destinationPort: 40000 };

/** The opener begins at 1000, the other end at 5000 and says `hello`. */
const afterSyn = { sequenceNumber: 1001, acknowledgementNumber: 5001 };
const afterSynAck = { sequenceNumber: 5001, acknowledgementNumber: 1001 };
const afterData = { sequenceNumber: 1001, acknowledgementNumber: 5006 };

export const tcp = {
  syn: tcp4({ ...there, flags: syn, sequenceNumber: 1000 }),
  synAck: tcp4({ ...back, flags: syn | ack, sequenceNumber: 5000, acknowledgementNumber: 1001 }),
  ack: tcp4({ ...there, flags: ack, ...afterSyn }),
  data: tcp4({ ...back, flags: ack, ...afterSynAck, payload: 'hello' }),
  dataAck: tcp4({ ...there, flags: ack, ...afterData }),
  fin: tcp4({ ...there, flags: fin | ack, ...afterData }),
  finBack: tcp4({ ...back, flags: fin | ack, sequenceNumber: 5006, acknowledgementNumber: 1002 }),
  lastAck: tcp4({ ...there, flags: ack, sequenceNumber: 1002, acknowledgementNumber: 5007 }),
  rst: tcp4({ ...back, flags: rst, sequenceNumber: 5006 }),
  /** Nobody listens. */
  refusal: tcp4({ ...back, flags: rst | ack, sequenceNumber: 0, acknowledgementNumber: 1001 }),
  rstThere: tcp4({ ...there, flags: rst, sequenceNumber: 1001 }),
  /** The other end opens a connection with the same addresses and ports. */
  synBack: tcp4({ ...back, flags: syn, sequenceNumber: 9000 }),
  /** The opener begins another one. */
  synAgain: tcp4({ ...there, flags: syn, sequenceNumber: 700_000 }),
};

export const udp = { there: udp4({ ...there, payload: 'q' }), back: udp4({ ...back, payload: 'a' }) };
