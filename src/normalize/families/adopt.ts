import type { PromptDocument } from '../../parse/document.ts';
import type { Problem } from '../../parse/problem.ts';
import { isObject } from '../../protocol/json.ts';
import type { NormalizeInputs, RequestReference } from '../request.ts';
import { Draft } from './draft.ts';
import { FAMILIES, type Family } from './family.ts';
import { adoptToolNames, isMixedList } from './tool-names.ts';

/** A document in the words of this format, whatever tool it was written for. */
export interface Adopted {
  readonly document: PromptDocument;
  /** The family it was recognised as; null for a document of this format. */
  readonly family: string | null;
  /** Keys that mean something else in their own tool. */
  readonly foreign: ReadonlySet<string>;
  /** Those of them that a problem of their own speaks about. */
  readonly told: ReadonlySet<string>;
  /** Variables that only the template knows, see {@link Draft}. */
  readonly inner: ReadonlySet<string>;
  /** Inputs that those variables are made of. */
  readonly sources: ReadonlySet<string>;
  /** URLs that their own tool reads as context, each with the reason. */
  readonly stacked: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/**
 * Recognises a file of another tool, by its path or by its settings and text, and says it in the
 * words of this format. Nothing in it is executed, and nothing is fetched.
 * @see spec/formats.md
 */
export function adoptDocument(
  document: PromptDocument,
  path: string | undefined,
  inputs: NormalizeInputs,
): Adopted {
  const overridden = inputs.overrides?.['input'];
  const supplied = { ...(isObject(overridden) ? overridden : {}), ...inputs.input };
  const draft = new Draft(document, (path ?? '').replaceAll('\\', '/'), supplied);
  const family = recognise(draft);
  for (const step of family?.steps ?? []) {
    step(draft);
  }
  if (isMixedList(draft.value('tools'))) {
    adoptToolNames(draft);
  }
  const { foreign, told, inner, sources, stacked, problems } = draft;
  const found = { foreign, told, inner, sources, stacked, problems };
  return { document: draft.document(), family: family?.name ?? null, ...found };
}

function recognise(draft: Draft): Family | undefined {
  return (
    FAMILIES.find(({ path }) => draft.path !== '' && path.test(draft.path)) ??
    FAMILIES.find(({ looks }) => looks(draft))
  );
}

/** References that are context only because the family of the document reads them. */
export function adoptReferences(
  references: readonly RequestReference[],
  stacked: ReadonlyMap<string, string>,
): RequestReference[] {
  return references.map((reference) => {
    const why = stacked.get(reference.url);
    return reference.as === 'ignored' && why !== undefined
      ? { ...reference, as: 'context', why }
      : reference;
  });
}
