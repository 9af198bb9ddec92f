import { pino } from 'pino';
import { type Clock, type Log, toTimestamp } from '../../base/index.ts';
import { parseBytes } from '../../contract/index.ts';
import { redactFields } from './redact.ts';
import { createRotatingFile, maxLineBytes } from './rotating-file.ts';
import { formatForStderr, type LogLine, type StderrFormat } from './stderr.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The part of the configuration that the log follows. */
export type LogSettings = { readonly level: LogLevel; readonly max_bytes: string };

export type DaemonLogOptions = {
  /** `<state>/logs`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly settings: LogSettings;
  /** Also to stderr, where there is somebody to read it: the foreground. */
  readonly stderr?: { readonly format: StderrFormat; readonly write: (line: string) => void };
};

/** The daemon's own log: newline JSON in files by day. */
export type DaemonLog = {
  readonly log: Log;
  /** Takes up changed settings; the next line follows them. */
  readonly apply: (settings: LogSettings) => void;
  /** Lines lost so far because they could not be written. */
  readonly dropped: () => number;
  /** True while lines are being lost. */
  readonly isFailing: () => boolean;
  readonly close: () => void;
};

/** Makes the log. Lines are written before the call returns and never throw: there is nothing to flush at a crash. */
export function createDaemonLog(options: DaemonLogOptions): DaemonLog {
  let maxBytes = parseBytes(options.settings.max_bytes);
  const file = createRotatingFile({ folder: options.folder, clock: options.clock, maxBytes: () => maxBytes });
  const logger = pino(
    {
      level: options.settings.level,
      base: null,
      timestamp: () => `,"time":"${toTimestamp(options.clock.now())}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: (value: unknown) => value }, // described already, by redactFields
    },
    {
      write: (json: string) => {
        const line = cutLine(json);
        file.write(line);
        options.stderr?.write(formatForStderr(parseLine(line), options.stderr.format));
      },
    },
  );
  const at =
    (level: LogLevel): Log[LogLevel] =>
    (message, fields) => {
      if (!logger.isLevelEnabled(level)) return;
      try {
        logger[level](fields === undefined ? {} : redactFields(fields), message);
      } catch (error) {
        // A field with a getter that throws, say: the message still counts.
        logger[level]({ unloggable: String(error) }, message);
      }
    };
  return {
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    apply: ({ level, max_bytes }) => {
      logger.level = level;
      maxBytes = parseBytes(max_bytes);
    },
    dropped: file.dropped,
    isFailing: file.isFailing,
    close: file.close,
  };
}

/** A line that is too long keeps its head, still as valid JSON. */
function cutLine(json: string): string {
  const bytes = Buffer.byteLength(json);
  if (bytes <= maxLineBytes) return json;
  const { level, time, msg } = JSON.parse(json) as Record<string, unknown>;
  const head = json.slice(0, 1024);
  return `${JSON.stringify({ level, time, msg: String(msg).slice(0, 1024), cut_from_bytes: bytes, head })}\n`;
}

function parseLine(json: string): LogLine {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  return { level: String(level), time: String(time), msg: String(msg ?? ''), fields, json };
}
