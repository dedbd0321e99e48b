import { afterEach, expect, it, vi } from "vitest";

import { copyText, sayDownload, type LeavingContext } from "./leaving";

afterEach(() => void vi.unstubAllGlobals());

function stubClipboard(writeText: (text: string) => Promise<void>): void {
  vi.stubGlobal("navigator", { clipboard: { writeText } });
}

const sessionAt = (url: string | null): LeavingContext => ({ leaving: null, url: () => url });

it("a text that is copied needs no words", async () => {
  const copied: string[] = [];
  stubClipboard(async (text) => void copied.push(text));
  const session = sessionAt(null);
  expect(await copyText(session, "a text", "link")).toBe(true);
  expect([copied, session.leaving]).toEqual([["a text"], null]);
});

it("a text that the browser does not copy is shown, to be copied by hand", async () => {
  stubClipboard(() => Promise.reject(new Error("not allowed")));
  const session = sessionAt(null);
  expect(await copyText(session, "a text", "link")).toBe(false);
  expect(session.leaving).toEqual({
    text: "The browser does not let this page copy. Copy the link from here:",
    copy: "a text",
  });
});

it("a page of its own downloads without a word", () => {
  const page = {};
  vi.stubGlobal("window", Object.assign(page, { parent: page }));
  const session = sessionAt("http://server/");
  sayDownload(session);
  expect(session.leaving).toBeNull();
});

it("a page in a frame says how to save though the frame forbids it", () => {
  const open = vi.fn();
  vi.stubGlobal("window", { parent: {}, open });
  const served = sessionAt("http://server/#tab=cells");
  sayDownload(served);
  expect(served.leaving).toMatchObject({ copy: "http://server/#tab=cells" });
  served.leaving!.action!.run();
  expect(open).toHaveBeenCalledWith("http://server/#tab=cells", "_blank", "noopener");
  const report = sessionAt(null);
  sayDownload(report);
  expect(report.leaving!.text).toMatch(/Save the report itself, and open that file\.$/);
  expect(report.leaving).not.toHaveProperty("action");
});
