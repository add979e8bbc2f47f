/**
 * The reason given when work is aborted because nobody wants it any more. One for all: making an
 * exception each time, with its stack, costs more than many a command does.
 */
export const NOT_WANTED = new DOMException('No longer wanted.', 'AbortError');
