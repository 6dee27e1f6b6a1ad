/** The first bytes of a slot are kept for what virtual interfaces leave undone (src/port/live/native/offload.ts). */
export const RESERVED_BYTES = 16;
