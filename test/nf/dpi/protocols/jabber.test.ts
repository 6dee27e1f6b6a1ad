import { jabber } from '../../../../src/nf/dpi/protocols/jabber.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(jabber, [
  ['a stream header gives its host', latin1("<?xml version='1.0'?><stream:stream xmlns='jabber:client' to='im.Example.com' version='1.0'>"), { outcome: 'done', host: 'im.example.com' }],
  ['without a declaration', latin1('<stream:stream from="im.example.com" id="1">'), { outcome: 'done', host: '' }],
  ['half of it', latin1('<?xml version="1.0"?><stream:str'), 'more'],
  ['whose end is to come', latin1('<stream:stream to="im.ex'), 'namedMore'],
  ['another document', latin1('<?xml version="1.0"?><html>'), 'no'],
]);
