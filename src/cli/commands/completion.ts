import { Command, Option } from 'clipanion';
import { parseChoice } from '../arguments.ts';
import { DroverCommand } from '../command.ts';
import { completionScript, shells } from '../completion/index.ts';
import { exitCodes } from '../exit-code.ts';

/** `drover completion SHELL`. */
export class CompletionCommand extends DroverCommand {
  static override paths = [['completion']];
  static override usage = Command.Usage({
    category: 'Other',
    description: 'print a completion script for bash, zsh or fish',
    examples: [
      ['Bash, for this shell', 'source <($0 completion bash)'],
      ['Zsh, for good', '$0 completion zsh > ~/.zfunc/_drover'],
      ['Fish, for good', '$0 completion fish > ~/.config/fish/completions/drover.fish'],
    ],
  });

  shell = Option.String({ name: 'bash|zsh|fish', required: true });

  async execute(): Promise<number> {
    this.print(completionScript(parseChoice('The shell', this.shell, shells), this.context.catalogue));
    return exitCodes.ok;
  }
}
