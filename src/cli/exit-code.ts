/** With what the process ends. docs/errors.md says when; a test holds it to these numbers. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  badUse: 2,
  interrupted: 130,
  readerGone: 141,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
