/**
 * git: the one door to git. It owns how git is called, promises that no call runs anything a repository brings along
 * (hooks, filters, drivers, helpers, transports) unless the operator trusts it, and must not know what a run or a
 * registered repository is. docs/adr/0003-git-is-an-interpreter.md tells why.
 */
export {
  configTimeoutMs,
  createGit,
  defaultTimeoutMs,
  type Git,
  type GitCall,
  type GitOptions,
  type GitResult,
  lockRetryMs,
} from './git.ts';
