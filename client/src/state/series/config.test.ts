import { expect, it } from "vitest";

import { numberIn, showValue, textOf } from "./config";

it("a value has one text, in whatever order its keys were logged", () => {
  const logged = '{"b":[{"y":1,"x":"ä"}],"a":{"__proto__":1,"10":2,"9":null}}';
  const other = '{"a":{"9":null,"10":2,"__proto__":1},"b":[{"x":"ä","y":1}]}';
  expect(textOf(JSON.parse(logged))).toBe(textOf(JSON.parse(other)));
  expect(JSON.parse(textOf(JSON.parse(logged)))).toEqual(JSON.parse(logged));
  expect(textOf(["b", "a"])).not.toBe(textOf(["a", "b"]));
  expect(textOf("1")).not.toBe(textOf(1));
  expect([showValue("sgd"), showValue(0.1), showValue({ b: 1, a: 2 })]).toEqual([
    "sgd",
    "0.1",
    '{"a":2,"b":1}',
  ]);
});

it("a text is a number where all of it is one", () => {
  const texts = [
    "0.01",
    "1e-2",
    "1E-02",
    "+.01",
    "-3",
    "",
    "1.",
    "1e",
    "0x10",
    "0.1.2",
    "Infinity",
    "one",
  ];
  expect(texts.map(numberIn)).toEqual([0.01, 0.01, 0.01, 0.01, -3, ...Array<null>(7).fill(null)]);
});
