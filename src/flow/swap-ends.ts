/** A match seen from the other end: source and destination change places, so it finds the answers to what it found before. */
import type { Match } from './match.js';

export function swapEnds(match: Match): Match {
  const { source, destination, sourcePorts, destinationPorts, sourceMac, destinationMac, ...rest } = match;
  return {
    ...rest,
    ...(source !== undefined && { destination: source }),
    ...(destination !== undefined && { source: destination }),
    ...(sourcePorts !== undefined && { destinationPorts: sourcePorts }),
    ...(destinationPorts !== undefined && { sourcePorts: destinationPorts }),
    ...(sourceMac !== undefined && { destinationMac: sourceMac }),
    ...(destinationMac !== undefined && { sourceMac: destinationMac }),
  };
}
