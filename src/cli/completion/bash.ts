import { profileNames, type TreeNode, valuedOptions } from './tree.ts';

/** A script for bash 3.2 and newer. */
export function bashScript(nodes: readonly TreeNode[]): string {
  const cases = nodes.map((node) => {
    const words = node.words.map(({ word }) => word);
    const options = node.options.flatMap((option) => option.names);
    return `    '${node.path}') words='${words.join(' ')}' options='${options.join(' ')}' ;;`;
  });
  const valued = valuedOptions(nodes);
  return `# bash completion for drover
_drover() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' next word words='' options='' skip=0 i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if ((skip)); then skip=0; continue; fi
    case "$word" in
      ${valued.join('|')}) skip=1; continue ;;
      -*) continue ;;
    esac
    next="\${path:+$path }$word"
    case "$next" in
      ${nodes
        .filter((node) => node.path !== '')
        .map((node) => `'${node.path}'`)
        .join('|')}) path="$next" ;;
      *) break ;;
    esac
  done
  case "$previous" in
    --profile) COMPREPLY=($(compgen -W "$(${profileNames})" -- "$current")); return ;;
    ${valued.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _drover drover
`;
}
