/**
 * A process of its own in a namespace: an AF_XDP port on the interface `inside` dies while a function holds a packet, so that the chain
 * lives on for a while. Prints whether the packet memory changed while the port lived, and after it was dead.
 */
const memories = [];
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(shape) {
    super(shape);
    memories.push(this);
  }
};
const { chain, sink, start } = await import('millrace');
const { afXdp } = await import('millrace/live');
const { hold } = await import('./holding-function.mjs');

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether anybody writes into packet memory for a while. */
async function isWritten(ms) {
  const before = new Uint32Array(memories[0].buffer).slice();
  await pause(ms);
  return new Uint32Array(memories[0].buffer).some((word, at) => word !== before[at]);
}

const runtime = await start({
  ports: { inside: afXdp('inside'), out: sink() },
  paths: [{ from: 'inside', to: 'out', via: chain('c', [hold({})]) }],
  memory: { slots: 1024 },
});
console.log('running');
while (runtime.counters().ports.inside.received < 100) await pause(5);
const wroteAlive = await isWritten(100);
runtime.killPort('inside');
while (runtime.stats().error === undefined) await pause(5);
const wroteDead = await isWritten(300);
const { inFlight } = runtime.stats().ledger;
const { error, ledger } = await runtime.finished;
console.log(JSON.stringify({ wroteAlive, wroteDead, inFlight, error, ledger }));
