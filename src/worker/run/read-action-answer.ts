import { Fault } from '../../fault/fault.ts';
import { nestsDeeperThan } from '../../protocol/json-depth.ts';
import { parseJsonObject } from '../../protocol/json.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { contentOfForm } from '../../run/elicitation-form.ts';
import { decoded, readBody } from '../post/read-body.ts';
import { isForm } from '../post/read-prompt.ts';
import type { ActionAnswer, Question } from './run-actions.ts';

/** Fields of the page's form that hold what a tool asked for begin so. */
const FIELD = 'content.';

/** An answer is flat: an object, and lists of choices in it. */
const MAX_DEPTH = 4;

const ACTIONS = ['accept', 'decline', 'cancel'] as const;

/**
 * What an owner answers, as JSON `{action, content}`, of an approval `{decision}`, or as the page's
 * own form.
 * @throws Fault `bad_request`, `too_large`, `not_text`
 */
export async function readActionAnswer(
  request: Request,
  { kind, schema }: Question,
): Promise<ActionAnswer> {
  const text = decoded(await readBody(request));
  const fields = isForm(request) ? new URLSearchParams(text) : null;
  if (kind === 'approval') {
    return {
      action: decisionOf(fields === null ? bodyOf(text)['decision'] : fields.get('decision')),
    };
  }
  return fields === null ? fromJson(bodyOf(text)) : fromForm(fields, schema);
}

function fromForm(fields: URLSearchParams, schema: JsonObject | null): ActionAnswer {
  const action = actionOf(fields.get('action'));
  if (schema === null || action !== 'accept') return { action };
  const names = [...new Set(fields.keys())].filter((name) => name.startsWith(FIELD));
  const sent = new Map(names.map((name) => [name.slice(FIELD.length), fields.getAll(name)]));
  return { action, content: contentOfForm(schema, sent) };
}

function bodyOf(text: string): JsonObject {
  const body = parseJsonObject(text);
  if (body === null) throw new Fault('bad_request', 'The body must be a JSON object.');
  return body;
}

function fromJson(body: JsonObject): ActionAnswer {
  const action = actionOf(body['action']);
  const { content } = body;
  if (content === undefined || content === null) return { action };
  const isFlat = !nestsDeeperThan(content, MAX_DEPTH);
  const object = isFlat ? parseJsonObject(JSON.stringify(content)) : null;
  if (object === null)
    throw new Fault('bad_request', '"content" must be an object of flat fields.');
  return { action, content: object };
}

/** Only these two words: what is neither must not be taken for a yes. */
function decisionOf(given: unknown): ActionAnswer['action'] {
  if (given === 'approve') return 'accept';
  if (given === 'deny') return 'decline';
  throw new Fault('bad_request', '"decision" must be approve or deny.');
}

function actionOf(given: unknown): ActionAnswer['action'] {
  const action = ACTIONS.find((known) => known === given);
  if (action !== undefined) return action;
  throw new Fault('bad_request', '"action" must be accept, decline or cancel.');
}
