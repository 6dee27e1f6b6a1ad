import { wsd } from '../../../../src/nf/dpi/protocols/wsd.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(wsd, [
  ['a probe', latin1('<?xml version="1.0"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope">'), 'done'],
  ['other XML', latin1('<?xml version="1.0"?><a/>'), 'no'],
], { serverPort: 3702 });
