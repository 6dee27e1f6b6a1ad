/** The check after a run of a message baseline. */
import { InvalidMeasurement } from '../sample.js';
import type { EndsResult } from './messages.js';

/** @throws InvalidMeasurement when a packet is missing, came twice, or was not touched by every relay. */
export function verifyMessages({ sent, received, receivedBytes, wrong }: Pick<EndsResult, 'sent' | 'received' | 'receivedBytes' | 'wrong'>, bytes: number): void {
  if (received === sent && receivedBytes === sent * bytes && wrong === 0) return;
  throw new InvalidMeasurement(`expected ${sent} packets and ${sent * bytes} B, found ${received} and ${receivedBytes} B; ${wrong} with another TTL or out of order`);
}
