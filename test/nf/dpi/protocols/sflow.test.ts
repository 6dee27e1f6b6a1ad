import { sflow } from '../../../../src/nf/dpi/protocols/sflow.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(sflow, [
  ['a datagram', hex('00000005 00000001 c0000201 00000000 00000001 00001000 00000001 00000001'), 'done'],
  ['an agent with IPv6', hex('00000005 00000002 20010db8000000000000000000000001 00000000 00000001 00001000 00000001'), 'done'],
  ['another version', hex('00000006 00000001 c0000201 00000000 00000001 00001000 00000001'), 'no'],
  ['a family that does not exist', hex('00000005 00000003 c0000201 00000000 00000001 00001000 00000001'), 'no'],
], { serverPort: 6343 });
