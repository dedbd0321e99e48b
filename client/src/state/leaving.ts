/** Copies and downloads. A frame may forbid them, so the page says what happened. */

/** What the page says after a copy or a download, which may have failed. */
export interface Leaving {
  text: string;
  /** A text to select and copy by hand. */
  copy?: string;
  /** Another way to get it. */
  action?: { label: string; run: () => void };
}

/** The part of a session that shows it. */
export interface LeavingContext {
  leaving: Leaving | null;
  url(): string | null;
}

/** Copies a text; if the browser refuses, the page shows the text to be copied by hand. */
export async function copyText(
  session: LeavingContext,
  text: string,
  what: string,
): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    session.leaving = {
      text: `The browser does not let this page copy. Copy the ${what} from here:`,
      copy: text,
    };
    return false;
  }
}

/** Hands a file to the browser as a download. */
export function saveFile(session: LeavingContext, file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  sayDownload(session);
}

/** A frame may block downloads silently: says what to do if nothing was saved. */
export function sayDownload(session: LeavingContext): void {
  if (window.parent === window) return;
  const url = session.url();
  session.leaving = url
    ? {
        text: "If nothing was saved, this frame forbids downloads. Open the page by itself:",
        copy: url,
        action: { label: "Open", run: () => void window.open(url, "_blank", "noopener") },
      }
    : {
        text: "If nothing was saved, this frame does not allow downloads. Save the report itself, and open that file.",
      };
}
