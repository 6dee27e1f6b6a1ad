/** The application sends packets into a chain, and reads what leaves it. */
import { chain, firewall, queuePort, start } from 'millrace';

// Ethernet, IPv4 from 10.0.0.1 to 192.0.2.1, UDP to port 7 and to port 8.
const toPort7 = Buffer.from('020000000002020000000001080045000021000000004011aeca0a000001c00002019c400007000d53b868656c6c6f', 'hex');
const toPort8 = Buffer.from(toPort7);
toPort8[37] = 8;
toPort8[41]--; // and the checksum, by as much

const inside = queuePort();
const outside = queuePort();
const edge = chain('edge', [firewall({ rules: ['allow udp from any to any port 7', 'deny any'] })]);
const runtime = await start({ ports: { inside, outside }, paths: [{ between: ['inside', 'outside'], via: edge }] });

// Both wait when the other side is slower: `send` for a free slot, the chain for a reader.
await inside.send(toPort7);
await inside.send(toPort8);
const packet = await outside.receive();
console.log(`${packet.bytes.length} bytes left, to port ${packet.bytes[37]}`);

// A run is finite when its ports are: nothing more will be sent.
inside.end();
outside.end();
const report = await runtime.finished;
console.log(report.drops);
