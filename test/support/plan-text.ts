/** A plan of these waves: task numbers in each. */
export function planText(...waves: readonly (readonly number[])[]): string {
  const lines = waves.flatMap((tasks, wave) => [
    `## Wave ${wave + 1}`,
    '',
    ...tasks.flatMap((task) => [`### Task ${task}: file ${task}`, '', `Write task-${task}.txt.`, '']),
  ]);
  return ['# Some files', '', '**Goal:** Files', '', ...lines].join('\n');
}
