import { expect, it } from "vitest";

import { tableName } from "./naming";

const nameOf = (runName: string, splitName: string) =>
  tableName({ runName, runId: "r1", splitName, splitId: "s1" }, "csv");

it("names a file by run and split", () => {
  expect(nameOf("resnet18 lr=0.1", "cifar10.1")).toBe("resnet18-lr-0.1-cifar10.1.csv");
  expect(nameOf("größe 大", "prüf_satz")).toBe("größe-大-prüf_satz.csv");
});

it("lets no name lead out of a folder, hide a file, or turn the text around", () => {
  expect(nameOf("../../etc/passwd", "C:\\x\u0000|y")).toBe("etc-passwd-C-x-y.csv");
  expect(nameOf(".hidden", "a\u202egnp.")).toBe("hidden-a-gnp.csv");
});

it("names by its id what has no safe character, and is no longer than a disk allows", () => {
  expect(nameOf("//", "…")).toBe("r1-s1.csv");
  expect(nameOf("大".repeat(300), "a".repeat(300))).toBe(
    `${"大".repeat(40)}-${"a".repeat(40)}.csv`,
  );
});
