/**
 * A flow id names a connection, both directions and all its translations: index and reuse generation in one u32, 0 for
 * no flow. The index is the number of an entry of the connection table, so what is kept for each flow needs no second lookup.
 *
 *   | reuse generation (10 bits) | index, from 1 (22 bits) |
 */
export const FLOW_INDEX_BITS = 22;
export const FLOW_INDEX_MASK = (1 << FLOW_INDEX_BITS) - 1;

/** The id of the same place when it is taken anew. The generation wraps after 1024 uses. */
export function nextFlowId(flowId: number): number {
  return (flowId + (1 << FLOW_INDEX_BITS)) >>> 0;
}
