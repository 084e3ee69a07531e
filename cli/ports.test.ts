import { expect, it } from "vitest";
import { linkPortOf, portBlock } from "./ports.js";

it("a cell has one block of ports", () => {
  expect(portBlock({ port: 7100, proxies: 3 })).toEqual({ master: 7100, link: 7101, proxies: [7201, 7202, 7203] });
  expect(portBlock({ port: 65_433, proxies: 2 }).proxies.at(-1)).toBe(65_535);
  expect(() => portBlock({ port: 65_434, proxies: 2 })).toThrow("would be 65536");
  expect(() => portBlock({ port: 65_535, proxies: 0 })).toThrow("would be 65536");
});

it("a cell at port 0 takes any that are free", () => {
  expect(portBlock({ port: 0, proxies: 2 })).toEqual({ master: 0, link: 0, proxies: [0, 0] });
});

it("the link is next to the gateway, unless it is told otherwise", () => {
  expect(linkPortOf({ port: 7100, linkPort: undefined })).toBe(7101);
  expect(linkPortOf({ port: 7100, linkPort: 9 })).toBe(9);
  expect(linkPortOf({ port: 0, linkPort: undefined })).toBe(0);
});
