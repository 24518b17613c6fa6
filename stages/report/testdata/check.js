// Opens the report in frames of two widths and without scripts, and writes every
// problem that it finds into #result.
"use strict";

const problems = [];

async function open(width, sandbox) {
  const frame = document.createElement("iframe");
  if (sandbox) frame.sandbox = sandbox;
  frame.style = `width:${width}px;height:800px;border:0`;
  frame.src = "report.html";
  const loaded = new Promise((done) => { frame.onload = done; });
  document.body.append(frame);
  await loaded;
  return { frame, doc: frame.contentDocument, win: frame.contentWindow };
}

const all = (doc, selector) => [...doc.querySelectorAll(selector)];
const shown = (element) => element.getClientRects().length > 0 && element.getBoundingClientRect().height > 0;
const visible = (doc) => all(doc, ".item").filter(shown).map((item) => item.id);

function expect(what, condition) {
  if (!condition) problems.push(what);
}

// Everything that a reader should see has a size, and stays within the page or
// scrolls within its box.
function layout(doc, name) {
  const page = doc.documentElement;
  expect(`${name}: the page is ${page.scrollWidth} wide in a window of ${page.clientWidth}`, page.scrollWidth <= page.clientWidth);
  const plots = all(doc, "article[id^=figure-] .plot > svg");
  expect(`${name}: there are no figures`, plots.length > 0);
  for (const svg of plots) {
    const { width, height } = svg.getBoundingClientRect(), drawn = svg.getBBox();
    expect(`${name}: ${svg.closest("article").id} is ${width} by ${height}`, width > 100 && height > 30);
    expect(`${name}: ${svg.closest("article").id} draws ${drawn.width} by ${drawn.height}`, drawn.width > 100 && drawn.height > 30);
  }
  for (const item of all(doc, ".item, table, h1, h2, h3, .badge, nav, footer")) {
    expect(`${name}: ${item.tagName} ${item.id || item.textContent.slice(0, 20)} is not shown`, shown(item));
  }
  for (const box of all(doc, ".scroll")) {
    expect(`${name}: a box that scrolls can't be reached with the keyboard`, box.tabIndex === 0);
  }
}

// WCAG 2.1, relative luminance and contrast ratio.
function contrast(foreground, background) {
  const [a, b] = [foreground, background].map((colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  });
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function colours(doc, win) {
  for (const element of all(doc, "p, h4, a, .badge, .mark, summary, td, th, code, label, input, select, dt, dd")) {
    if (!shown(element)) continue;
    let ground = element;
    while (ground && /^rgba\(.*, 0\)$|^transparent$/.test(win.getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const background = win.getComputedStyle(ground || doc.body).backgroundColor;
    const ratio = contrast(win.getComputedStyle(element).color, background);
    expect(`contrast of ${element.tagName}.${element.className} is ${ratio.toFixed(2)}`, ratio >= 4.5);
  }
}

async function links(doc, win) {
  const list = all(doc, "a[href^='#']"), step = Math.ceil(list.length / 50);
  for (const [i, link] of list.entries()) {
    const id = decodeURIComponent(link.getAttribute("href").slice(1)), target = doc.getElementById(id);
    expect(`the link to ${id} leads nowhere`, target && shown(target));
    if (!target || i % step) continue; // the browser slows pages down that go to 200 places in 10 seconds
    link.click();
    await new Promise((done) => setTimeout(done, 0));
    expect(`the link to ${id} doesn't change the address`, win.location.hash === "#" + id);
    const top = target.getBoundingClientRect().top;
    expect(`the link to ${id} leads ${Math.round(top)} away from it`, (top > -2 && top < 800) || win.scrollY === 0);
  }
}

async function search(doc, win) {
  const query = doc.getElementById("query"), verdict = doc.getElementById("verdict");
  expect("the search is hidden", shown(query) && shown(verdict));
  const everything = visible(doc);
  const ask = (words, answer) => {
    query.value = words;
    query.dispatchEvent(new win.Event("input"));
    verdict.value = answer;
    verdict.dispatchEvent(new win.Event("change"));
    return visible(doc).join(" ");
  };
  for (const [words, answer, want] of [
    ["XyloPhone5.2", "", "figure-5.2"],
    ["thesis typo", "", "table-5.3 table-10"],
    ["", "contradicted", "finding-B3"],
    ["B10", "supported", "finding-B10"],
    ["no such words", "", ""],
  ]) {
    const got = ask(words, answer);
    expect(`the search for "${words}" (${answer}) finds ${got}, want ${want}`, got === want);
    expect("a section without a match is shown", all(doc, ".group").every((g) => shown(g) === all(g, ".item").some(shown)));
  }
  expect(`the search says ${doc.getElementById("hits").textContent}`, doc.getElementById("hits").textContent === "nothing found");
  doc.querySelector("a[href='#figure-5.1']").click();
  await new Promise((done) => setTimeout(done, 50));
  expect("a link to what the search hides doesn't end the search", shown(doc.getElementById("figure-5.1")) && query.value === "");
  expect("after the search not everything is back", visible(doc).join() === everything.join());
}

async function check() {
  for (const [name, width] of [["desktop", 1280], ["phone", 390]]) {
    const { frame, doc, win } = await open(width);
    layout(doc, name);
    colours(doc, win);
    await search(doc, win);
    await links(doc, win);
    for (const entry of win.performance.getEntriesByType("resource")) problems.push(`${name}: the page asks for ${entry.name}`);
    frame.remove();
  }
  // On a phone the contents are folded, so that the overview comes first, and a
  // figure that does not fit says so.
  {
    const { frame, doc, win } = await open(390);
    const places = doc.getElementById("places");
    expect("phone: the contents are open", !places.open && shown(places.querySelector("summary")));
    const top = doc.getElementById("overview").getBoundingClientRect().top;
    expect(`phone: the overview begins ${Math.round(top)} down`, top < 800);
    for (const plot of all(doc, ".plot")) {
      const cue = plot.previousElementSibling;
      expect("phone: nothing says that a figure goes on", plot.scrollWidth <= plot.clientWidth || shown(cue));
    }
    win.dispatchEvent(new win.Event("beforeprint"));
    expect("on paper a finding is folded", !doc.querySelector(".finding details:not([open])"));
    win.dispatchEvent(new win.Event("afterprint"));
    expect("after printing every finding stays open", doc.querySelector(".finding details:not([open])"));
    frame.remove();
  }
  const { doc } = await open(1280, "allow-same-origin");
  layout(doc, "without scripts");
  expect("without scripts a search is shown that does nothing", !shown(doc.getElementById("query")));
}

check().catch((error) => problems.push("check: " + error.stack)).finally(() => {
  document.getElementById("result").textContent = JSON.stringify(problems);
});
