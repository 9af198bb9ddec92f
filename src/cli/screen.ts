import type { ReadStream, WriteStream } from 'node:tty';

/** A terminal that a live picture has to itself, on its alternate screen. */
export type Screen = {
  readonly columns: () => number;
  readonly rows: () => number;
  /** Shows these lines in place of the last picture. Each must fit. */
  readonly draw: (lines: readonly string[]) => void;
  /** Calls for each piece of what is typed; Ctrl-C comes as one, not as a signal. */
  readonly onKey: (listener: (key: string) => void) => void;
  readonly onResize: (listener: () => void) => void;
  /** Gives the terminal back as it was. Done by itself when the process ends, also by a signal. */
  readonly close: () => void;
};

/** What of the process a screen is made with. */
export type ScreenStreams = {
  readonly stdin: Pick<ReadStream, 'setRawMode' | 'on' | 'off' | 'pause' | 'resume'>;
  readonly stdout: Pick<WriteStream, 'write' | 'columns' | 'rows' | 'on' | 'off'>;
  readonly process: Pick<NodeJS.Process, 'once' | 'off' | 'kill' | 'pid'>;
};

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';
const clearLine = '\x1b[K';
const clearBelow = '\x1b[J';
/** What ends a process without giving it a chance to tidy up. */
const endings = ['SIGTERM', 'SIGHUP'] as const;
/** A terminal that does not tell its size. */
const usualSize = { columns: 80, rows: 24 };

/** Takes the terminal over. */
export function openScreen({ stdin, stdout, process }: ScreenStreams): Screen {
  const keyListeners: ((key: string) => void)[] = [];
  const resizeListeners: (() => void)[] = [];
  let isOpen = true;

  const onData = (data: Buffer) => {
    for (const listener of keyListeners) listener(data.toString());
  };
  const onResize = () => {
    for (const listener of resizeListeners) listener();
  };
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause(); // else it keeps the process alive
    stdout.off('resize', onResize);
    process.off('exit', close);
    for (const [signal, listener] of onEnding) process.off(signal, listener);
    stdout.write(leave);
  };
  const onEnding = endings.map((signal) => {
    const listener = () => {
      close();
      process.kill(process.pid, signal); // ends us now as it would have without a screen
    };
    return [signal, listener] as const;
  });

  process.once('exit', close);
  for (const [signal, listener] of onEnding) process.once(signal, listener);
  stdout.write(enter);
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  stdout.on('resize', onResize);

  return {
    columns: () => stdout.columns || usualSize.columns,
    rows: () => stdout.rows || usualSize.rows,
    draw: (lines) => {
      if (isOpen) stdout.write(`${home}${lines.map((line) => line + clearLine).join('\r\n')}${clearBelow}`);
    },
    onKey: (listener) => void keyListeners.push(listener),
    onResize: (listener) => void resizeListeners.push(listener),
    close,
  };
}
