/**
 * Finds where a JSON object ends that arrives in pieces, in one pass over its characters:
 * parsing the text anew for every piece would cost the square of its length.
 */
export interface JsonExtent {
  /** Takes the next piece and says how many of its characters belong to the object. */
  feed(piece: string): number;
  /** True once the closing brace of the outermost object was seen. */
  readonly closed: boolean;
}

/** Starts before the opening brace; text that is no object never closes. */
export function jsonExtent(): JsonExtent {
  let depth = 0;
  let started = false;
  let inString = false;
  let escaped = false;
  let closed = false;

  /** Inside a string only an unescaped quote matters: `"\""` is one string. */
  const inText = (character: string): void => {
    if (escaped) escaped = false;
    else if (character === '\\') escaped = true;
    else if (character === '"') inString = false;
  };
  const outside = (character: string): void => {
    if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    started ||= character === '{';
    closed = started && depth <= 0;
  };

  return {
    feed(piece) {
      for (let at = 0; at < piece.length; at += 1) {
        if (closed) return at;
        const character = piece.charAt(at);
        if (inString) inText(character);
        else outside(character);
      }
      return piece.length;
    },
    get closed() {
      return closed;
    },
  };
}
