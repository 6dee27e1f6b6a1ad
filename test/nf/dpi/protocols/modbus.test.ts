import { modbus } from '../../../../src/nf/dpi/protocols/modbus.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(modbus, [
  ['a request for registers', hex('0001 0000 0006 01 03 0000 000a'), 'done'],
  ['two of them', hex('0001 0000 0006 01 03 0000 000a 0002 0000 0003 01 83 02'), 'done'],
  ['another protocol', hex('0001 0001 0006 01 03 0000 000a'), 'no'],
  ['a length that does not fill it', hex('0001 0000 0007 01 03 0000 000a'), 'no'],
], { serverPort: 502 });
