import { coap } from '../../../../src/nf/dpi/protocols/coap.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(coap, [
  ['a request', hex('41 01 1234 aa b4 74656d70'), 'done'],
  ['an answer with a payload', hex('61 45 1234 aa c0 ff 32322e35'), 'done'],
  ['a long option', hex(`40 03 0001 bd 02 ${'61'.repeat(15)}`), 'done'],
  ['an acknowledgement', hex('60 00 1234'), 'done'],
  ['an empty message that is not', hex('60 00 1234 00'), 'no'],
  ['a token that is too long', hex('49 01 1234 aaaaaaaaaaaaaaaaaa'), 'no'],
  ['an option beyond the end', hex('40 01 1234 b9 74656d70'), 'no'],
  ['a class that does not exist', hex('40 21 1234'), 'no'],
], { serverPort: 5683 });
