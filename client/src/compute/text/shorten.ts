/**
 * Shortens texts so that no two look alike: if several would, the part in which they differ is kept.
 *
 * @param shorten makes a text fit
 * @param shortenEnd makes a text fit by leaving out its end
 */
export function shortenApart(
  texts: readonly string[],
  shorten: (text: string) => string,
  shortenEnd: (text: string) => string,
): string[] {
  const short = new Map(texts.map((text) => [text, shorten(text)]));
  const alike = new Map<string, string[]>();
  for (const [text, cut] of short) alike.set(cut, [...(alike.get(cut) ?? []), text]);
  for (const group of alike.values()) {
    if (group.length < 2) continue;
    const ways = [withoutSharedParts, withoutHead, withoutSharedWords].map((without) =>
      without(group).map(shortenEnd),
    );
    const apart = ways.find((way) => new Set(way).size === group.length) ?? ways.at(-1)!;
    for (const [at, text] of group.entries()) short.set(text, apart[at]);
  }
  return texts.map((text) => short.get(text)!);
}

/** Between the parts of a name that the page puts together: "wide-drop · seed 1". */
const PARTED = " · ";

/** Leaves out the parts with which all texts begin: "wide-drop · seed 1" is "…seed 1". */
function withoutSharedParts(texts: readonly string[]): string[] {
  const length = commonHead(texts).lastIndexOf(PARTED) + PARTED.length;
  return texts.map((text) => (length < PARTED.length ? text : `…${text.slice(length)}`));
}

function withoutHead(texts: readonly string[]): string[] {
  const head = commonHead(texts);
  return texts.map((text) => (head.length > 1 ? `…${text.slice(head.length)}` : text));
}

/** Replaces the words that all texts have at the same place by an ellipsis: "block 1 of kind a" is "…1…a". */
function withoutSharedWords(texts: readonly string[]): string[] {
  const words = texts.map((text) => text.match(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu) ?? []);
  const isShared = (at: number) => words.every((own) => own[at] === words[0][at]);
  return words.map((own) =>
    own
      .map((word, at) => (isShared(at) ? "…" : word))
      .join("")
      .replace(/…+/g, "…"),
  );
}

/** What all texts begin with. */
function commonHead(texts: readonly string[]): string {
  const first = Array.from(texts[0]);
  let length = 0;
  let head = "";
  while (length < first.length && texts.every((text) => text.startsWith(head + first[length])))
    head += first[length++];
  return head;
}

/** Names that are shortened to at most this many characters and stay distinct. */
export function shortenedApart(names: readonly string[], most: number): string[] {
  const shortenEnd = (name: string) => {
    const characters = Array.from(name);
    return characters.length > most + 1 ? `${characters.slice(0, most).join("")}…` : name;
  };
  return shortenApart(names, (name) => shortened(name, most), shortenEnd);
}

/** A name, shortened to at most this many characters. */
export function shortened(name: string, most: number): string {
  const characters = Array.from(name);
  return characters.length > most + 1 ? withoutMiddle(characters, most) : name;
}

/**
 * Keeps this many characters of a text and replaces its middle by an ellipsis, because names often differ
 * at their ends.
 */
export function withoutMiddle(characters: readonly string[], kept: number): string {
  const head = Math.ceil(kept * 0.6);
  const tail = characters.slice(characters.length - (kept - head));
  // Names of groups already contain an ellipsis: two side by side would look odd.
  return `${characters
    .slice(0, head)
    .join("")
    .replace(/[\s…]+$/, "")}…${tail.join("").replace(/^[\s…]+/, "")}`;
}
