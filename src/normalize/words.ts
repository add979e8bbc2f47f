/** The words of a text between commas and blanks; brackets keep `Bash(git add:*)` together. */
export function words(text: string): string[] {
  const found: string[] = [];
  let word = '';
  let depth = 0;
  for (const character of `${text} `) {
    if (character === '(') {
      depth += 1;
    } else if (character === ')') {
      depth = Math.max(0, depth - 1);
    }
    if (depth === 0 && /[\s,]/.test(character)) {
      if (word !== '') {
        found.push(word);
      }
      word = '';
    } else {
      word += character;
    }
  }
  return word.trim() === '' ? found : [...found, word.trim()];
}
