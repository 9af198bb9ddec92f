/** How one error code looks to a program (HTTP status), to a script (exit code) and to a reader (about). */
export type ErrorCodeInfo = { readonly status: number; readonly exit: number; readonly about: string };

/**
 * Every error code of drover, never reused once released. `docs/errors.md` is generated from this table. Exit codes:
 * 1 failed, 2 wrong usage or bad input, 3 daemon not running, 4 not allowed, 5 not found, 6 conflict, 7 try again.
 */
export const errorCodes = {
  // Bad input
  invalid_request: {
    status: 400,
    exit: 2,
    about:
      'The request has a field of the wrong type, or one that is missing or unknown. `errors` lists each with its path.',
  },
  invalid_json: {
    status: 400,
    exit: 2,
    about: 'The request body is not valid JSON, or nests deeper than 64 levels.',
  },
  unsupported_media_type: {
    status: 415,
    exit: 2,
    about: 'A request body must be sent with `Content-Type: application/json`.',
  },
  body_too_large: { status: 413, exit: 2, about: 'The request body is larger than the limit of 1 MiB.' },
  usage: {
    status: 400,
    exit: 2,
    about: 'A command was called with an option or argument that it does not know or cannot use.',
  },
  config_invalid: {
    status: 422,
    exit: 2,
    about:
      'The configuration file has a syntax error, an unknown key or a value of the wrong type. The message names the file, the line and the key; nothing was applied.',
  },
  config_unreadable: { status: 422, exit: 2, about: 'The configuration file that was named cannot be read.' },
  token_file_invalid: {
    status: 422,
    exit: 2,
    about:
      'A token file is missing, unreadable, empty or open to other users, both files hold the same token, or a read-only token stands without an admin token.',
  },
  address_invalid: {
    status: 422,
    exit: 2,
    about: 'The TCP address is not HOST:PORT, or needs a mode of authentication that is not allowed on it.',
  },
  socket_path_too_long: {
    status: 422,
    exit: 2,
    about:
      'The path of the Unix socket is longer than the operating system allows (107 bytes on Linux, 103 on macOS).',
  },
  node_too_old: { status: 500, exit: 2, about: 'This Node.js is older than drover needs.' },
  node_unsuitable: {
    status: 422,
    exit: 2,
    about:
      'No Node.js that a service can rely on was found: one that is new enough and that no clean-up of a project or of a shell takes away. `--node` names one.',
  },
  git_missing: {
    status: 422,
    exit: 2,
    about: 'No git program was found in the PATH that the daemon was started with.',
  },
  not_a_directory: { status: 400, exit: 2, about: 'The path does not exist or is not a directory.' },
  not_a_repo: { status: 400, exit: 2, about: 'The path is not inside a git work tree.' },
  repo_bare: {
    status: 400,
    exit: 2,
    about: 'The repository is bare: it has no work tree for an agent to work in.',
  },
  repo_foreign_owner: {
    status: 400,
    exit: 2,
    about: 'The repository belongs to another user, so its configuration is not safe to read.',
  },
  repo_unusable: {
    status: 422,
    exit: 2,
    about:
      'The repository cannot be used for this run, for example because it has no commit yet or its folder is gone.',
  },
  base_not_found: {
    status: 422,
    exit: 2,
    about: 'The base branch, tag or commit does not exist in the repository.',
  },
  no_agent: {
    status: 422,
    exit: 2,
    about:
      'No agent was named and none was found on this machine. The hint says what to install or configure.',
  },
  agent_unknown: {
    status: 422,
    exit: 2,
    about: 'No agent of that name is configured or was found on this machine.',
  },
  plan_invalid: {
    status: 422,
    exit: 2,
    about:
      'The markdown of the plan is not one that can be carried out. `problems` lists each with its line.',
  },
  no_session: {
    status: 422,
    exit: 2,
    about:
      'The run whose conversation was to go on ended without one, so that there is nothing to go on with.',
  },
  option_unsupported: {
    status: 422,
    exit: 2,
    about: 'The agent’s runtime cannot honour this option; it is refused, never ignored.',
  },
  cursor_unknown: {
    status: 410,
    exit: 2,
    about: 'The event cursor was never given by this database. Start again without one.',
  },
  idempotency_mismatch: {
    status: 422,
    exit: 2,
    about: 'The Idempotency-Key was used before with another request body.',
  },
  worker_remote: {
    status: 422,
    exit: 2,
    about:
      'The worker runs on another machine, and nothing is fetched from there. The hint says where to ask.',
  },
  // Not reachable, not allowed
  daemon_not_running: { status: 503, exit: 3, about: 'No daemon answers on the socket.' },
  unauthorized: {
    status: 401,
    exit: 4,
    about: 'The request carries no token where one is needed, or one that is not valid.',
  },
  forbidden: { status: 403, exit: 4, about: 'The token’s rights do not allow this request.' },
  origin_refused: {
    status: 403,
    exit: 4,
    about:
      'The request comes from a web page (Origin, Referer or Sec-Fetch-Site), or carries a Host that this daemon does not serve.',
  },
  state_root_foreign: {
    status: 403,
    exit: 4,
    about: 'The state root belongs to another user or can be written by others.',
  },
  socket_dir_unsafe: {
    status: 403,
    exit: 4,
    about: 'The folder of the socket belongs to another user, is a link, or can be written by others.',
  },
  // Not found
  not_found: { status: 404, exit: 5, about: 'There is no such route or resource.' },
  run_not_found: { status: 404, exit: 5, about: 'No run has this id, prefix or name.' },
  plan_not_found: { status: 404, exit: 5, about: 'No plan of the repository has this name or id.' },
  signal_not_found: { status: 404, exit: 5, about: 'No signal of the repository has this id.' },
  repo_not_found: { status: 404, exit: 5, about: 'No registered repository has this id, name or path.' },
  worktree_not_found: {
    status: 404,
    exit: 5,
    about: 'The run has no worktree, and neither a branch nor saved work to make one of.',
  },
  approval_not_found: { status: 404, exit: 5, about: 'No approval has this id or prefix.' },
  worker_not_found: {
    status: 404,
    exit: 5,
    about:
      'No worker has this pid, name, id or prefix. A run that waits in the queue or has ended has no process, and is none.',
  },
  method_not_allowed: { status: 405, exit: 2, about: 'The path exists, but not with this method.' },
  // Conflict
  already_running: { status: 409, exit: 6, about: 'Another daemon holds this state root.' },
  address_in_use: {
    status: 409,
    exit: 6,
    about: 'The TCP address or the socket is in use by another program.',
  },
  repo_exists: { status: 409, exit: 6, about: 'The repository is registered already.' },
  name_taken: {
    status: 409,
    exit: 6,
    about: 'The name belongs to another live run, remote worker or repository.',
  },
  repo_busy: {
    status: 409,
    exit: 6,
    about: 'The repository has live runs. Cancel them, or remove it with --keep-runs.',
  },
  ambiguous_id: { status: 409, exit: 6, about: 'The id prefix fits more than one resource.' },
  conflict: {
    status: 409,
    exit: 6,
    about:
      'What was asked contradicts the state of things, for a reason that this version of the command has no code for: the daemon is newer.',
  },
  worktree_exists: { status: 409, exit: 6, about: 'The worktree of the run is there already.' },
  run_live: {
    status: 409,
    exit: 6,
    about: 'The run, or another one in its worktree, is still at work. Wait for it, or cancel it.',
  },
  apply_conflict: {
    status: 409,
    exit: 6,
    about:
      'The work of the run conflicts with what the branch has meanwhile. `files` names the places; nothing was changed.',
  },
  checkout_changed: {
    status: 409,
    exit: 6,
    about:
      'Files of your own, changed, new or ignored, stand where the work of the run would be written. `files` names them; nothing was changed.',
  },
  checkout_busy: {
    status: 409,
    exit: 6,
    about:
      'The checkout cannot take commits now: a merge, a rebase or the like is under way, conflicts are not resolved, or its HEAD is detached. Or: the branch of a plan, which drover has to move, is checked out, rebased or bisected somewhere.',
  },
  plan_exists: { status: 409, exit: 6, about: 'Another plan of the repository has this name.' },
  plan_changed: {
    status: 409,
    exit: 6,
    about:
      'The text of the plan is another one than that which was edited: somebody has changed it meanwhile.',
  },
  plan_refused: {
    status: 409,
    exit: 6,
    about:
      'The plan does not move by this: its state, a guard or a person’s pending decision forbids it. The message says which; nothing was changed.',
  },
  run_ended: { status: 409, exit: 6, about: 'The run has ended already, or its last turn is over.' },
  run_not_started: {
    status: 409,
    exit: 6,
    about: 'The run waits in the queue, or is being prepared: no agent is there yet to be told anything.',
  },
  budget_used_up: {
    status: 409,
    exit: 7,
    about:
      'The run, or all runs of the day together, may use up no more: a limit of the run or of `[budget]`.',
  },
  input_refused: {
    status: 409,
    exit: 7,
    about: 'The agent cannot be told more at this moment: too much waits for it already. Nothing was sent.',
  },
  approval_resolved: {
    status: 409,
    exit: 6,
    about: 'The approval was answered or has expired already. The first answer wins.',
  },
  idempotency_in_flight: {
    status: 409,
    exit: 6,
    about: 'A request with this Idempotency-Key is being worked on.',
  },
  service_edited: {
    status: 409,
    exit: 6,
    about:
      'The unit file of the service was edited by hand, was not written by drover, or is a link. It was left as it is; the hint says how to replace it.',
  },
  store_newer: {
    status: 409,
    exit: 6,
    about: 'The database was written by a newer drover. It was not touched.',
  },
  store_corrupt: {
    status: 500,
    exit: 6,
    about: 'The database is damaged. It was not touched; the hint says how to move it aside.',
  },
  // Try again, ours
  busy: {
    status: 503,
    exit: 7,
    about: 'The daemon is at a limit of the machine (file descriptors, processes, connections). Try again.',
  },
  draining: {
    status: 503,
    exit: 7,
    about: 'The daemon is starting or stopping: it takes no order now.',
  },
  timeout: {
    status: 504,
    exit: 7,
    about: 'The time that was given ran out before the thing waited for happened.',
  },
  storage_failed: {
    status: 507,
    exit: 7,
    about: 'Writing to disk failed, for example because it is full. Nothing was changed; the daemon goes on.',
  },
  start_failed: {
    status: 500,
    exit: 1,
    about: 'The daemon did not become ready. The message holds the last line it said.',
  },
  service_unavailable: {
    status: 503,
    exit: 1,
    about:
      'There is no service manager that drover could be registered with: no systemd user manager answers, or the system has neither systemd nor launchd.',
  },
  service_failed: {
    status: 500,
    exit: 1,
    about:
      'The service manager refused a step, or the service did not start. What had been done was undone; the message holds what the manager or the daemon said.',
  },
  git_failed: {
    status: 500,
    exit: 1,
    about: 'A git command failed or ran into its time limit. The message holds its last line.',
  },
  internal: {
    status: 500,
    exit: 1,
    about: 'A fault of drover. The log holds the details under the id in `error_id`.',
  },
} as const satisfies Record<string, ErrorCodeInfo>;

/** A code from the table. */
export type ErrorCode = keyof typeof errorCodes;

/** Every code, in the order of the table. */
export const errorCodeNames = Object.keys(errorCodes) as readonly ErrorCode[];
