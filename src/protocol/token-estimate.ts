import type { ContentPart } from './chat.ts';

/** Characters of text that count as one token. An estimate for limits, never for bills. */
const CHARACTERS_PER_TOKEN = 4;

/** What providers charge for an image of common size, roughly. */
const IMAGE_TOKENS = 1000;

/** Estimated tokens of what a model is given. */
export function estimateTokens(parts: readonly ContentPart[]): number {
  let tokens = 0;
  for (const part of parts) {
    tokens += part.type === 'text' ? tokensOfLength(part.text.length) : IMAGE_TOKENS;
  }
  return tokens;
}

/** Estimated tokens of so many characters. */
export function tokensOfLength(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** The start of a text that fits into so many estimated tokens; whole characters only. */
export function firstTokens(text: string, tokens: number): string {
  const end = Math.max(0, tokens) * CHARACTERS_PER_TOKEN;
  if (text.length <= end) return text;
  const isInsidePair = /[\ud800-\udbff]/.test(text.charAt(end - 1));
  return text.slice(0, isInsidePair ? end - 1 : end);
}
