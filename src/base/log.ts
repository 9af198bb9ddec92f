/** Structured fields of a log line. An `err` field holds an Error. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The one way to log: levels of pino, a message and fields. Never pass a prompt, a token or an environment. */
export type Log = {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
};

/** A log that says nothing, for tests and one-shot commands. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
