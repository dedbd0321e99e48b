const EDGE = 8;

/** Puts an open menu at a place in the window, or as near to it as there is room. */
export function placeMenu(menu: HTMLElement, left: number, top: number): void {
  const { clientWidth } = document.documentElement;
  menu.style.left = `${within(left, menu.offsetWidth, clientWidth)}px`;
  menu.style.top = `${within(top, menu.offsetHeight, window.innerHeight)}px`;
}

function within(at: number, size: number, room: number): number {
  return Math.max(EDGE, Math.min(at, room - size - EDGE));
}
