/** Lists that keep only the rows in sight in the page. All rows have the same height. */

/** Browsers draw nothing beyond about 17 million pixels. In longer lists, the rows move faster than the scrollbar. */
const MOST_PX = 8_000_000;

export interface RowWindow {
  /** Height of what scrolls. */
  height: number;
  /** The rows to draw: [first, end). */
  first: number;
  end: number;
  /** How far each row is drawn below its own position because the list is longer than what scrolls; 0 otherwise. */
  shift: number;
  /** Where to scroll so that a row is in sight. */
  reveal(row: number): number;
}

/**
 * Tells which rows are in sight.
 *
 * @param spare rows that are drawn above and below, so that a quick scroll shows no gap
 */
export function rowWindow(
  { scrollTop, height }: { scrollTop: number; height: number },
  { count, rowPx, spare }: { count: number; rowPx: number; spare: number },
): RowWindow {
  const whole = count * rowPx;
  const scrolled = Math.min(whole, MOST_PX);
  // How far rows move for each pixel that is scrolled.
  const ratio = whole > scrolled ? (whole - height) / (scrolled - height) : 1;
  const top = scrollTop * ratio;
  return {
    height: scrolled,
    first: Math.max(0, Math.floor(top / rowPx) - spare),
    end: Math.min(count, Math.ceil((top + height) / rowPx) + spare),
    shift: scrollTop - top,
    reveal(row) {
      const [above, below] = [row * rowPx, (row + 1) * rowPx - height];
      if (above < top) return above / ratio;
      return below > top ? below / ratio : scrollTop;
    },
  };
}

/**
 * The item that a key leads to from another one, or null for keys that lead nowhere.
 *
 * @param page rows that Page Up and Page Down move by
 * @param across how many items are side by side in a row
 */
export function itemAfterKey(
  key: string,
  item: number,
  { count, page, across = 1 }: { count: number; page: number; across?: number },
): number | null {
  const aside: Record<string, number> = across > 1 ? { ArrowRight: 1, ArrowLeft: -1 } : {};
  const steps: Record<string, number> = {
    ...aside,
    ArrowDown: across,
    ArrowUp: -across,
    PageDown: page * across,
    PageUp: -page * across,
    Home: -count,
    End: count,
  };
  if (!Object.hasOwn(steps, key) || !count) return null;
  return Math.min(count - 1, Math.max(0, item + steps[key]));
}
