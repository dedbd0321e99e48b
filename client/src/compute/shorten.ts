/**
 * Shortens texts so that no two look alike: of those that would, the part in which they differ is kept.
 *
 * @param shorten makes a text fit
 * @param shortenEnd the same, by leaving out what is at its end
 */
export function shortenApart(
  texts: readonly string[],
  shorten: (text: string) => string,
  shortenEnd: (text: string) => string,
): string[] {
  const short = texts.map(shorten);
  const alike = new Map<string, Set<string>>();
  short.forEach((text, i) => alike.set(text, (alike.get(text) ?? new Set()).add(texts[i])));
  return short.map((text, i) => {
    const same = alike.get(text)!;
    if (same.size < 2) return text;
    const head = commonHead([...same]);
    return shortenEnd(head.length > 1 ? `…${texts[i].slice(head.length)}` : texts[i]);
  });
}

/** What texts begin with alike. */
function commonHead(texts: readonly string[]): string {
  const first = Array.from(texts[0]);
  let length = 0;
  let head = "";
  while (length < first.length && texts.every((text) => text.startsWith(head + first[length])))
    head += first[length++];
  return head;
}

/** Names of so many characters at most, which stay distinct. */
export function shortenedApart(names: readonly string[], most: number): string[] {
  const shortenEnd = (name: string) => {
    const characters = Array.from(name);
    return characters.length > most + 1 ? `${characters.slice(0, most).join("")}…` : name;
  };
  return shortenApart(names, (name) => shortened(name, most), shortenEnd);
}

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
