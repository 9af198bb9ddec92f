type Names = Readonly<Record<string, string | undefined>>;

/** Headers with the values of the variables that they name, or the first variable that is not set. */
export type FilledHeaders =
  | { readonly kind: 'filled'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'missing'; readonly variable: string };

/** Puts in what `$NAME` stands for; `$$` is a dollar. A variable that is empty counts as not set. */
export function fillHeaders(headers: Readonly<Record<string, string>>, env: Names): FilledHeaders {
  let missing: string | undefined;
  const fill = (text: string) =>
    text.replaceAll(/\$(\$|[A-Za-z_][A-Za-z0-9_]*)/g, (_all, name: string) => {
      if (name === '$') return '$';
      const value = env[name];
      if (value === undefined || value === '') missing ??= name;
      return value ?? '';
    });
  const filled = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, fill(text)]));
  return missing === undefined ? { kind: 'filled', headers: filled } : { kind: 'missing', variable: missing };
}
