import type { Handler } from '../../route.ts';

/** `DELETE /v1/repos/{repo}` */
export const removeRepo: Handler<'reposRemove'> = async ({ services, params, query }) => {
  const keepRuns = query.keep_runs === 'true';
  return { status: 'removed', ...(await services.repos.remove(params.repo, { keepRuns })) };
};
