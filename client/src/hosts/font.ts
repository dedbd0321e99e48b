const FONT_TIMEOUT_MS = 2000;

/**
 * Waits for the page's font, so that text is not measured and drawn in another one. If the font is
 * blocked or slow, the page does without it.
 */
export async function fontReady(): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, FONT_TIMEOUT_MS));
  await Promise.race([document.fonts.load('12px "Inter Variable"').catch(() => null), late]);
}
