import { TemplateBlocks } from './template-blocks.ts';
import { TemplateBuilder, type TemplateOptions } from './template-builder.ts';
import { readPath } from './template-path.ts';
import type { TemplateProgram } from './template-program.ts';
import { readRole } from './template-role.ts';
import { scanTemplate, type TagPiece } from './template-scan.ts';
import type { Argument } from './template-tag.ts';

/** Wider indentation makes a text out of nested lists that is larger by far. */
const MAX_INDENT = 4;

/**
 * Reads a template into a program, in one pass. Never throws; what is wrong is a mistake with an
 * offset.
 * @see spec/prompt-format.md TPL
 */
export function compileTemplate(text: string, options: TemplateOptions): TemplateProgram {
  const builder = new TemplateBuilder(text, options);
  const blocks = new TemplateBlocks(builder);
  scanTemplate(text, (piece) => {
    if (builder.isBroken) {
      return;
    }
    if (piece.kind === 'text') {
      builder.emitText(piece);
    } else {
      takeTag(builder, blocks, piece);
    }
  });
  blocks.finish();
  return builder.finish();
}

function takeTag(builder: TemplateBuilder, blocks: TemplateBlocks, piece: TagPiece): void {
  const { tag, start } = piece;
  switch (tag.kind) {
    case 'comment':
      return;
    case 'unknown':
      builder.emitUnknown(piece);
      return;
    case 'value':
      takeValue(builder, piece);
      return;
    case 'open':
      blocks.open(tag, start);
      return;
    case 'else':
      blocks.else(tag, start);
      return;
    case 'close':
      blocks.close(tag, start);
      return;
  }
}

/**
 * The names in a text that is no template but looks like one: `{{name}}`, each with the offset of
 * its first tag.
 */
export function namesIn(text: string): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  scanTemplate(text, (piece) => {
    const isName =
      piece.kind === 'tag' && isVariable(piece) && readPath(piece.tag.name)?.plain === true;
    if (isName && !HELPERS.has(piece.tag.name) && !names.has(piece.tag.name)) {
      names.set(piece.tag.name, piece.start);
    }
  });
  return names;
}

const HELPERS = new Set(['history', 'json', 'media', 'role', 'section']);

function isVariable({ tag }: TagPiece): boolean {
  return tag.kind === 'value' && tag.args.length === 0 && tag.named.size === 0;
}

function takeValue(builder: TemplateBuilder, piece: TagPiece): void {
  const { name } = piece.tag;
  const isAlone = isVariable(piece);
  if (isAlone && (builder.scopes.isDeclared(name) || !HELPERS.has(name))) {
    takeVariable(builder, piece);
  } else if (HELPERS.has(name)) {
    takeHelper(builder, piece);
  } else {
    builder.emitUnknown(piece);
  }
}

function takeVariable(builder: TemplateBuilder, piece: TagPiece): void {
  const path = readPath(piece.tag.name);
  const value = path === null ? null : builder.scopes.find(path);
  if (value === null) {
    builder.emitUndeclared(piece.tag.name, piece);
  } else {
    builder.emit({ do: 'show', value });
  }
}

/** The helpers of dotprompt that print; there is nothing said before, and no part with a name. */
function takeHelper(builder: TemplateBuilder, piece: TagPiece): void {
  const { tag, start: at } = piece;
  const { scopes } = builder;
  switch (tag.name) {
    case 'json': {
      const indent = indentOf(tag.named.get('indent'));
      if (tag.args.length !== 1) {
        builder.mistake(`{{json}} takes one value, but has ${tag.args.length}`, at);
      }
      builder.emit({ do: 'json', value: scopes.source(tag.args[0], at), indent });
      break;
    }
    case 'media': {
      const [url, type] = [tag.named.get('url'), tag.named.get('contentType')];
      if (url === undefined) {
        builder.mistake('{{media}} wants an address: {{media url=photo}}', at);
      }
      builder.emit({ do: 'media', url: scopes.source(url, at), type: scopes.source(type, at) });
      break;
    }
    case 'role': {
      const role = readRole(tag);
      if (typeof role === 'object') {
        builder.mistake(role.wrong, at);
      } else {
        builder.emit({ do: 'role', role });
      }
      break;
    }
    default:
  }
}

function indentOf(argument: Argument | undefined): number {
  const indent = argument?.kind === 'literal' ? Number(argument.value) : 0;
  return Number.isInteger(indent) ? Math.min(Math.max(indent, 0), MAX_INDENT) : 0;
}
