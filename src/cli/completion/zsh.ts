import { profileNames, type TreeNode, valuedOptions } from './tree.ts';

/** A script for zsh, to be put in a folder of \`$fpath\` as \`_drover\`. */
export function zshScript(nodes: readonly TreeNode[]): string {
  const paths = nodes.filter((node) => node.path !== '').map((node) => `'${node.path}'`);
  const cases = nodes.map((node) => {
    const words = node.words.map(({ word, description }) => quote(`${word}:${description}`));
    const options = node.options.flatMap((option) =>
      option.names.map((name) => quote(`${name}:${option.description}`)),
    );
    return `    '${node.path}')\n      words_=(${words.join(' ')})\n      options_=(${options.join(' ')}) ;;`;
  });
  return `#compdef drover
_drover() {
  local path_='' next_ word_ skip_=0
  local -a words_ options_
  for word_ in "\${(@)words[2,CURRENT-1]}"; do
    if (( skip_ )); then skip_=0; continue; fi
    case "$word_" in
      ${valuedOptions(nodes).join('|')}) skip_=1; continue ;;
      -*) continue ;;
    esac
    next_="\${path_:+$path_ }$word_"
    case "$next_" in
      ${paths.join('|')}) path_="$next_" ;;
      *) break ;;
    esac
  done
  if [[ "\${words[CURRENT-1]}" == --profile ]]; then
    compadd -- \${(f)"$(${profileNames})"}
    return
  fi
  case "$path_" in
${cases.join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then
    _describe -o option options_
  elif (( \${#words_} )); then
    _describe command words_
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_drover" ]; then _drover "$@"; else compdef _drover drover; fi
`;
}

/** A colon separates word and description for _describe; single quotes end the string. */
function quote(text: string): string {
  const [word = '', ...description] = text.split(':');
  return `'${`${word}:${description.join('\\:')}`.replaceAll("'", "'\\''")}'`;
}
