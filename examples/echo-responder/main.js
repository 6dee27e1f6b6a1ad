/** Pings the responder, and prints who answers. */
import { chain, queuePort, start } from 'millrace';
import { echoResponder } from './echo-responder.js';

// Ethernet, IPv4 from 10.0.0.1 to 203.0.113.1, an echo request with 5 bytes.
const ping = Buffer.from('02000000000202000000000108004500002100000000400134da0a000001cb0071010800b42b0001000168656c6c6f', 'hex');

const inside = queuePort();
const outside = queuePort();
const edge = chain('edge', [echoResponder({ address: '203.0.113.1' })]);
const runtime = await start({ ports: { inside, outside }, paths: [{ between: ['inside', 'outside'], match: 'ip', via: edge }] });

await inside.send(ping);
const { bytes } = await inside.receive();
console.log(`reply of type ${bytes[34]} from ${bytes.subarray(26, 30).join('.')} to ${bytes.subarray(30, 34).join('.')}`);

inside.end();
outside.end();
const { ledger } = await runtime.finished;
console.log(ledger);
