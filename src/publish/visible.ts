/**
 * Everything that is there and cannot be seen, or that changes how its neighbours look: control
 * and format characters, marks of direction, what Unicode calls ignorable, lone halves of pairs,
 * unassigned and private characters, and line ends that are none in a text file.
 */
const UNSEEN = /[^\P{C}\n\t]|\p{Default_Ignorable_Code_Point}|[\u2028\u2029]/gu;

/**
 * A text in which nothing hides: `⟨U+202E⟩` stands for a character that could not be seen. Who
 * allows a call must read what will be sent: a mark of direction would otherwise show the address
 * of somebody else, and characters without width would carry what nobody reads.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}
