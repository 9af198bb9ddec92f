import { oneLine } from '../bounded.ts';
import { asFields, asList, asText, type Fields } from '../fields.ts';
import { rpcIds } from './wire.ts';

/** Something of the session that is set before the prompt. */
export type Setting = {
  /** Of the request, and of the write. */
  readonly id: number;
  readonly key: string;
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  /** What it is, inside a sentence. */
  readonly what: string;
};

/** What is known of a session when it opens. */
export type Opened = {
  /** The agent's answer. */
  readonly session: Fields;
  /** It was loaded, so that its history is told again. */
  readonly isLoaded: boolean;
  /** What the run asked for. */
  readonly model: string | null;
};

/** The mode in which the agent asks, and the model that the run asked for; or why that cannot be had. */
export function setupOf({
  session,
  isLoaded,
  model,
}: Opened): { readonly settings: readonly Setting[] } | { readonly refusal: string } {
  const mode = modeSetting(session, isLoaded);
  const settings = mode === null ? [] : [mode];
  if (model === null) return { settings };
  const choice = findModel(session, model);
  if ('refusal' in choice) return choice;
  const what = `the model '${model}'`;
  return { settings: [...settings, { id: rpcIds.config, key: 'session/model', what, ...choice }] };
}

/** Agents that have modes call the one in which they ask `default`; a person may have made another one the first. */
const askingMode = 'default';

/**
 * Whether a request is allowed is for drover to decide, so the agent has to ask. In a session that was loaded the mode is
 * set in any case: the answer shows whether the history is still being told, as Gemini CLI does after it said that the
 * session is loaded.
 */
function modeSetting({ modes }: Fields, isLoaded: boolean): Setting | null {
  const { currentModeId, availableModes } = asFields(modes);
  const isOffered = asList(availableModes).some((mode) => asFields(mode).id === askingMode);
  const modeId = isOffered ? askingMode : asText(currentModeId);
  if (modeId === null || (!isLoaded && (!isOffered || modeId === currentModeId))) return null;
  return {
    id: rpcIds.mode,
    key: 'session/mode',
    method: 'session/set_mode',
    params: { modeId },
    what: 'the mode to ask',
  };
}

/** The mode once more, as a request of its own. */
export function modeAgain(setting: Setting): Setting {
  const id = setting.id + 1;
  return { ...setting, id, key: `session/mode:${id - rpcIds.mode + 1}` };
}

type ModelChoice = Pick<Setting, 'method' | 'params'> | { readonly refusal: string };

/** By the option whose category says so, or by the list of models that agents had before there were options. */
function findModel(session: Fields, model: string): ModelChoice {
  const option = asList(session.configOptions)
    .map(asFields)
    .find((candidate) => candidate.category === 'model' && candidate.type === 'select');
  const configId = asText(option?.id);
  if (option !== undefined && configId !== null) {
    const offered = asList(option.options).flatMap((entry) => {
      const group = asFields(entry).options;
      return Array.isArray(group) ? group.map(asFields) : [asFields(entry)];
    });
    const value = findOffered(offered, 'value', model);
    if ('refusal' in value) return value;
    return { method: 'session/set_config_option', params: { configId, value: value.id } };
  }
  const models = asList(asFields(session.models).availableModels).map(asFields);
  if (models.length === 0) {
    return { refusal: `The agent does not let its model be chosen (asked for '${model}')` };
  }
  const found = findOffered(models, 'modelId', model);
  return 'refusal' in found ? found : { method: 'session/set_model', params: { modelId: found.id } };
}

function findOffered(
  offered: readonly Fields[],
  key: 'value' | 'modelId',
  model: string,
): { readonly id: string } | { readonly refusal: string } {
  const found =
    offered.find((entry) => entry[key] === model) ??
    offered.find((entry) => asText(entry.name)?.toLowerCase() === model.toLowerCase());
  const id = asText(found?.[key]);
  if (id !== null) return { id };
  const names = offered.map((entry) => asText(entry[key])).filter((name) => name !== null);
  return { refusal: `The agent has no model '${model}'; it offers ${oneLine(names.join(', ')) || 'none'}` };
}
