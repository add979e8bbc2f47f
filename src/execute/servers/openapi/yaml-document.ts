import { Composer, Lexer, Parser, type CST } from 'yaml';
import { YAML_OPTIONS } from '../../../parse/yaml-options.ts';

/** Bytes of a YAML document: reading one takes a hundred times its size in memory. */
const MAX_LENGTH = 1024 * 1024;
const MAX_LEXEMES = 600_000;
const MAX_NESTING = 128;

/**
 * The plain data of one YAML 1.2 document without aliases: with them a kilobyte can stand for
 * gigabytes (a YAML bomb).
 * @throws TypeError with what is wrong, in words of our own
 */
export function readYaml(text: string): unknown {
  if (text.length > MAX_LENGTH)
    throw new TypeError('is YAML of more than 1 MB; JSON may have 4 MB');
  const [document, second] = composer().compose(tokensOf(text), true, text.length);
  if (document === undefined || second !== undefined) throw new TypeError('is not one document');
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new TypeError('has YAML aliases, which are not read', { cause });
  }
}

/** Lexeme by lexeme, so that a million `[` are given up at the first hundred. */
function tokensOf(text: string): CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  const keep = (token: CST.Token): void => {
    if (token.type === 'error') throw new TypeError('is YAML with a mistake');
    tokens.push(token);
  };
  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    for (const token of parser.next(lexeme)) keep(token);
    if (parser.stack.length > MAX_NESTING) throw new TypeError('is nested too deep');
    if (count > MAX_LEXEMES) throw new TypeError('is YAML of too many pieces');
  }
  for (const token of parser.end()) keep(token);
  return tokens;
}

/** Gives up at the first mistake: the library collects all, each with a stack trace of its own. */
function composer(): Composer {
  return Object.assign(new Composer(YAML_OPTIONS), { onError });
}

function onError(_at: unknown, _code: string, _message: string, isWarning?: boolean): void {
  if (isWarning !== true) throw new TypeError('is YAML with a mistake');
}
