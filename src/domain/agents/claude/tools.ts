import { oneLine } from '../bounded.ts';
import { replacePlan } from '../dialog/speech.ts';
import { update } from '../dialog/work.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import type { ClaudeWork } from './state.ts';

/** The kinds of ACP for Claude Code's own tools; any other is `other`. */
const kinds: Readonly<Record<string, string>> = {
  Read: 'read',
  NotebookRead: 'read',
  Edit: 'edit',
  MultiEdit: 'edit',
  Write: 'edit',
  NotebookEdit: 'edit',
  Glob: 'search',
  Grep: 'search',
  WebSearch: 'search',
  Bash: 'execute',
  PowerShell: 'execute',
  WebFetch: 'fetch',
  Task: 'think',
  Agent: 'think',
  TodoWrite: 'think',
};

/** Which of its inputs says most about a call. */
const telling: readonly string[] = [
  'command',
  'file_path',
  'notebook_path',
  'path',
  'pattern',
  'url',
  'query',
  'description',
  'subject',
];

/** What kind of work a tool does. */
export function kindOf(tool: string): string {
  return Object.hasOwn(kinds, tool) ? (kinds[tool] ?? 'other') : 'other';
}

/** `Write src/a.ts`: the tool and what it is about. */
export function titleOf(tool: string, input: Fields): string {
  for (const name of telling) {
    const value = asText(input[name]);
    if (value !== null && value.trim() !== '') return oneLine(`${tool} ${value}`);
  }
  return oneLine(tool);
}

/** Its todo list, by the tool that gives it whole or by those that change one task of it. */
export function followPlan(work: ClaudeWork, tool: string, input: Fields): void {
  if (tool === 'TodoWrite') {
    const todos = asList(input.todos).map(asFields);
    replacePlan(
      work,
      todos.map((todo) => ({
        content: asText(todo.content) ?? '',
        status: asText(todo.status) ?? 'pending',
      })),
    );
    return;
  }
  if (tool !== 'TaskUpdate') return;
  const id = asText(input.taskId);
  const known = work.state.tasks.find(([other]) => other === id);
  if (known === undefined) return;
  const status = asText(input.status) ?? known[2];
  const changed = [known[0], oneLine(asText(input.subject) ?? known[1]), status] as const;
  const tasks = work.state.tasks.flatMap((task) =>
    task !== known ? [task] : status === 'deleted' ? [] : [changed],
  );
  tellTasks(work, tasks);
}

/** A task that it made for itself, named by the tool's result. */
export function noteTask(work: ClaudeWork, result: unknown): void {
  const task = asFields(asFields(result).task);
  const id = asText(task.id);
  const subject = asText(task.subject);
  if (id === null || subject === null || work.state.tasks.some(([other]) => other === id)) return;
  const tasks = [...work.state.tasks, [id, oneLine(subject), asText(task.status) ?? 'pending'] as const];
  tellTasks(work, tasks.slice(-100));
}

function tellTasks(work: ClaudeWork, tasks: ClaudeWork['state']['tasks']): void {
  update(work, { tasks });
  replacePlan(
    work,
    tasks.map(([, content, status]) => ({ content, status })),
  );
}
