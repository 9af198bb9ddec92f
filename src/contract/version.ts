/** The version of this drover; a test keeps it equal to package.json. */
export const version = '0.1.0';

/** The least Node.js: the first with node:sqlite without a flag. */
export const leastNode = [22, 13] as const;

/** True when this version of Node.js, such as `v24.1.0`, is new enough. */
export function isNodeNewEnough(text: string): boolean {
  const [major = 0, minor = 0] = text.replace(/^v/, '').split('.').map(Number);
  return major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
}
