import { profileNames, type TreeNode, valuedOptions } from './tree.ts';

/** A script for fish. */
export function fishScript(nodes: readonly TreeNode[]): string {
  const lines = nodes.flatMap((node) => {
    const condition = `__drover_at ${node.path === '' ? "''" : quote(node.path)}`;
    const words = node.words.map(
      ({ word, description }) =>
        `complete -c drover -f -n ${quote(condition)} -a ${quote(word)} -d ${quote(description)}`,
    );
    const options = node.options.map((option) => {
      const names = option.names.map((name) =>
        name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      const isProfile = option.names.includes('--profile');
      const value = isProfile ? ` -x -a ${quote(`(${profileNames})`)}` : option.takesValue ? ' -r' : '';
      return `complete -c drover -n ${quote(condition)} ${names.join(' ')}${value} -d ${quote(option.description)}`;
    });
    return [...words, ...options];
  });
  const paths = nodes.filter((node) => node.path !== '').map((node) => quote(node.path));
  return `# fish completion for drover
function __drover_at
  set -l path ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    if contains -- $word ${valuedOptions(nodes).join(' ')}
      set skip 1
      continue
    end
    string match -q -- '-*' $word; and continue
    set -l next (string trim -- "$path $word")
    contains -- $next ${paths.join(' ')}; or break
    set path $next
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
