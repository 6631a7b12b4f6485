// Makes volunteer/accounts/pinyin.txt again: every Han character that can be printed, in the pinyin order of CLDR.
// node docs/pinyin.js (made with ICU 78.3, CLDR 48)
const fs = require("fs"), house = `${__dirname}/../volunteer`;
const letters = fs.readFileSync(`${house}/papers/fonts/letters.txt`, "utf8").match(/[\u3005\u3007\p{Script=Han}]/gu);
const { compare } = new Intl.Collator("zh-CN-u-co-pinyin");
const sorted = [...new Set(letters)].filter((one) => !/[\u2e80-\u2fdf]/.test(one)).sort((a, b) => compare(a, b) || (a < b ? -1 : 1));
const lines = Array.from({ length: Math.ceil(sorted.length / 100) }, (_, n) => sorted.slice(n * 100, n * 100 + 100).join(""));
fs.writeFileSync(`${house}/accounts/pinyin.txt`, `${lines.join("\n")}\n`);
