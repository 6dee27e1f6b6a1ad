import { syslog } from '../../../../src/nf/dpi/protocols/syslog.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(syslog, [
  ['of BSD', latin1('<34>Oct 11 22:14:15 host su: failed'), 'done', { isStream: false }],
  ['of RFC 5424', latin1('<165>1 2026-01-01T00:00:00Z host app - - -'), 'done'],
  ['a date without a version', latin1('<165>2026-01-01T00:00:00Z host app'), 'done'],
  ['any text, on its port', latin1('<190>7: 00:00:01 %SYS-5-RESTART'), 'done', { serverPort: 514 }],
  ['elsewhere that is not enough', latin1('<190>7: 00:00:01 %SYS-5-RESTART'), 'no'],
  ['bytes on its port', latin1('<190>7: \0\x01\x02\x03'), 'no', { serverPort: 514 }],
  ['a priority that does not exist', latin1('<192>Oct 11 22:14:15 host'), 'no'],
  ['markup', latin1('<1>text'), 'no'],
]);
