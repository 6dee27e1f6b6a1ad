/** One connection's packets, both ways: what the stories of the firewall tests are told with. */
import { TcpFlag } from '../../../src/packet/protocols.js';
import { tcp4, udp4 } from '../../support/packets.js';

export const INSIDE = '10.0.1.5';
export const OUTSIDE = '198.51.100.7';
export const REVERSE = { direction: 'reverse' } as const;

const { syn, ack, fin, rst } = TcpFlag;
const there = { source: INSIDE, destination: OUTSIDE, sourcePort: 40000, destinationPort: 80 };
const back = { source: OUTSIDE, destination: INSIDE, sourcePort: 80, destinationPort: 40000 };

export const tcp = {
  syn: tcp4({ ...there, flags: syn }),
  synAck: tcp4({ ...back, flags: syn | ack }),
  ack: tcp4({ ...there, flags: ack }),
  data: tcp4({ ...back, flags: ack, payload: 'hello' }),
  fin: tcp4({ ...there, flags: fin | ack }),
  finBack: tcp4({ ...back, flags: fin | ack }),
  rst: tcp4({ ...back, flags: rst }),
  rstThere: tcp4({ ...there, flags: rst }),
  /** The other end opens a connection with the same addresses and ports. */
  synBack: tcp4({ ...back, flags: syn }),
};

export const udp = { there: udp4({ ...there, payload: 'q' }), back: udp4({ ...back, payload: 'a' }) };
