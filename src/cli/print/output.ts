import { escapeControls } from './escape.ts';

/** What a run wrote, as it is shown: bytes in any pieces become text in which nothing is obeyed. */
export type OutputText = {
  readonly write: (bytes: Uint8Array) => string;
  /** What was kept back at the end of the last piece. */
  readonly end: () => string;
};

/** Makes the text of one stream of output. A character or an end of line may lie across pieces. */
export function createOutputText(): OutputText {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let kept = '';
  const show = (text: string): string => {
    const whole = kept + text;
    kept = /\r*$/.exec(whole)?.[0] ?? '';
    return escapeOutput(whole.slice(0, whole.length - kept.length));
  };
  return {
    write: (bytes) => show(decoder.decode(bytes, { stream: true })),
    end: () => show(decoder.decode()) + escapeControls(kept),
  };
}

/** Text of a run with nothing left that is obeyed. A terminal ends its lines with CR LF: there the CR is no news. */
export function escapeOutput(text: string): string {
  return escapeControls(text.replace(/\r+\n/g, '\n'));
}
