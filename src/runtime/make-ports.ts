/** Builds the ports of a plan, in the thread that serves them: the manager's. */
import { Region } from '../memory/region.js';
import type { SharedSpec } from '../memory/shared-spec.js';
import { SlotHeaders } from '../memory/slot-headers.js';
import { lineClaimer } from '../packet-manager/claim-lines.js';
import type { ManagerSpec } from '../packet-manager/manager-spec.js';
import type { PortMaker } from '../packet-manager/packet-manager.js';
import { InlinePortHost } from '../packet-manager/port-host.js';
import { RingPortHost } from '../packet-manager/ring-port-host.js';
import { CapturePort } from '../port/capture/capture-port.js';
import { InterfaceDirectory } from '../port/capture/interfaces.js';
import { TwoSidedCapture } from '../port/capture/two-sided.js';
import type { PortBackend, PortCounts, PortFactory, PortMemory } from '../port/contract.js';
import { GeneratorPort } from '../port/generator.js';
import { MemoryPort } from '../port/memory.js';
import { SinkPort } from '../port/sink.js';
import type { PlanPort, PlanPortSpec } from './plan.js';

/** Factories by the URL of their module. */
type Factories = ReadonlyMap<string, PortFactory>;

/** Imports the modules that ports name. @throws Error when one exports no factory. */
export async function importFactories(ports: readonly PlanPort[]): Promise<Factories> {
  const factories = new Map<string, PortFactory>();
  for (const { name, spec } of ports) {
    if (spec.kind !== 'module') continue;
    const { default: factory } = (await import(spec.module)) as { default?: unknown };
    if (typeof factory !== 'function') throw new Error(`${spec.module}, of port '${name}': expected a function as its default export, found ${typeof factory}`);
    factories.set(spec.module, factory as PortFactory);
  }
  return factories;
}

/** To main: the file of a port takes nothing any more. */
export interface PortWriteFailure {
  unwrittenPort: number;
  why: string;
}

/**
 * @param tell is told when the file of a port takes nothing any more.
 * @throws CaptureError from the maker, when a file that the configuration check saw is gone.
 */
export function portMaker(
  shared: SharedSpec, spec: ManagerSpec, ports: readonly PlanPort[], factories: Factories = new Map(), tell: (failure: PortWriteFailure) => void = () => undefined,
): PortMaker {
  return (pool, counts) => {
    const region = new Region(shared.region);
    const headers = new SlotHeaders(shared.control, shared.headersOffset, region.slots);
    const memory: PortMemory = {
      region: region.bytes,
      headers,
      maxPacketBytes: region.maxPacketBytes,
      slotIndex: (address) => region.slotIndex(address),
    };
    const backends = new Backends(memory, factories, tell);
    // A VM that is rung by another bell than the manager's is in another thread.
    const claim = spec.vms.some(({ doorbellOffset }) => doorbellOffset !== spec.doorbellOffset) ? lineClaimer(region, headers) : null;
    return ports.map(({ spec: port }, at) => {
      const { rings } = spec.ports[at];
      if (rings !== undefined) return new RingPortHost(shared.control, rings, region, pool, counts(at), shared.burst);
      return new InlinePortHost(backends.make(port, at, counts(at)), pool, claim);
    });
  };
}

class Backends {
  readonly #memory: PortMemory;
  readonly #factories: Factories;
  readonly #tell: (failure: PortWriteFailure) => void;
  readonly #directory = new InterfaceDirectory();
  /** Captures that two ports share, by file. */
  readonly #twoSided = new Map<string, TwoSidedCapture>();

  constructor(memory: PortMemory, factories: Factories, tell: (failure: PortWriteFailure) => void) {
    this.#memory = memory;
    this.#tell = tell;
    this.#factories = factories;
  }

  make(port: PlanPortSpec, portIndex: number, counts: PortCounts): PortBackend {
    const memory = this.#memory;
    const onWriteFailure = (why: string): void => { this.#tell({ unwrittenPort: portIndex, why }); };
    switch (port.kind) {
      case 'capture': {
        const output = { ...(port.write !== null && { write: port.write }), portIndex, directory: this.#directory, onWriteFailure };
        if (port.file === null) return new SinkPort(output, memory, counts);
        if (port.side === null) return new CapturePort({ path: port.file, ...output }, memory, counts);
        let capture = this.#twoSided.get(port.file);
        if (capture === undefined) {
          capture = new TwoSidedCapture({ path: port.file, ...(port.inside !== null && { inside: port.inside }) }, memory);
          this.#twoSided.set(port.file, capture);
        }
        return capture.face(port.side, output, counts);
      }
      case 'generator': {
        const { kind: _, ...options } = port;
        return new GeneratorPort(options, memory, counts);
      }
      case 'memory':
        return new MemoryPort({ packets: port.packets, linkType: port.linkType }, memory, counts);
      case 'sink':
        return new SinkPort({ ...(port.write !== null && { write: port.write }), directory: this.#directory, onWriteFailure }, memory, counts);
      case 'module': {
        const factory = this.#factories.get(port.module);
        if (factory === undefined) throw new Error(`${port.module} was not imported`);
        return factory(memory, counts, port.options);
      }
      case 'queue':
      case 'vxlan':
      case 'af-packet':
      case 'af-xdp':
      case 'tap':
      case 'tun':
        throw new Error(`a port of kind '${port.kind}' lives in another thread and is reached by rings`);
    }
  }
}
