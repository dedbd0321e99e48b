/** A name of so many characters at most. */
export function shortened(name: string, most: number): string {
  const characters = Array.from(name);
  return characters.length > most + 1 ? withoutMiddle(characters, most) : name;
}

/**
 * A text of which so many characters are kept: an ellipsis stands for its middle, since names often
 * differ in their ends.
 */
export function withoutMiddle(characters: readonly string[], kept: number): string {
  const head = Math.ceil(kept * 0.6);
  const tail = characters.slice(characters.length - (kept - head));
  // Names of groups have an ellipsis of their own: two beside each other would look like one mark more.
  return `${characters
    .slice(0, head)
    .join("")
    .replace(/[\s…]+$/, "")}…${tail.join("").replace(/^[\s…]+/, "")}`;
}
