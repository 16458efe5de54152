// Keeps the page true to the files: one stream says when they changed, one request says what they became.
"use strict";

const VIEWS = [
  { id: "source", label: "Source" },
  { id: "phone", label: "Phone", size: "375 px", mail: "light", kind: "phone" },
  { id: "phone-dark", label: "Phone, dark", size: "375 px", mail: "dark", kind: "phone dark" },
  { id: "desktop", label: "Desktop", size: "776 px", mail: "light", kind: "desktop" },
  { id: "desktop-dark", label: "Desktop, dark", size: "776 px", mail: "dark", kind: "desktop dark" },
  { id: "bare", label: "Images off", size: "375 px", mail: "bare", kind: "phone" },
  { id: "text", label: "Plain text", size: "72 columns", kind: "text" },
];
const HIDDEN_KEY = "preview.hidden";
const $ = (id) => document.getElementById(id);
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

let hidden = new Set(JSON.parse(localStorage.getItem(HIDDEN_KEY) || '["desktop-dark"]'));
let language = new URLSearchParams(location.search).get("language") || "";
let shown = "";        // revision and language that the frames show or are loading
let judged = "";       // revision and language that everything else shows
let asked = 0;
let leading = null;    // the frame that the person scrolls; the others follow it

function build() {
  for (const view of VIEWS) {
    const button = make("button", "", view.label);
    button.type = "button";
    button.onclick = () => {
      hidden.has(view.id) ? hidden.delete(view.id) : hidden.add(view.id);
      localStorage.setItem(HIDDEN_KEY, JSON.stringify([...hidden]));
      showViews();
    };
    view.button = button;
    $("switches").append(button);
    if (view.id === "source") { view.element = $("source-pane"); continue; }
    view.element = make("article", `view ${view.kind}`);
    const title = make("h2", "", `${view.label} `);
    title.append(make("span", "", view.size));
    view.frame = make("div", "frame");
    if (view.id === "text") { view.frame.tabIndex = 0; view.frame.append(make("pre")); follow(view, view.frame, view.frame); }
    view.element.append(title, view.frame);
    $("views").append(view.element);
  }
  showViews();
}

// Resolves when the mails in sight are there; those out of sight come after them.
async function showViews() {
  for (const view of VIEWS) {
    view.element.hidden = hidden.has(view.id);
    view.button.setAttribute("aria-pressed", String(!hidden.has(view.id)));
  }
  const stale = (view) => view.mail && !view.element.hidden && shown && view.shown !== shown;
  await Promise.all(VIEWS.filter((view) => stale(view) && inSight(view)).map(load));
  VIEWS.filter(stale).forEach(load);
}

function inSight(view) {
  const box = view.frame.getBoundingClientRect();
  return box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
}

// A new mail is loaded behind the old one and takes its place, at the same height, as soon as its text is there: no
// flash, and no waiting for a picture from a slow server.
function load(view) {
  return new Promise((settled) => exchange(view, settled));
}

function exchange(view, settled) {
  const wanted = view.shown = shown;
  const coming = make("iframe", "coming");
  coming.title = `${view.label}: the mail`;
  coming.setAttribute("sandbox", "allow-same-origin allow-popups");
  coming.src = `/mail/${view.mail}?language=${encodeURIComponent(language)}&shown=${encodeURIComponent(shown)}`;
  view.frame.append(coming);
  const swap = () => {
    if (view.shown !== wanted) { coming.remove(); settled(); return; }
    const mail = coming.contentDocument;
    if (!mail || mail.URL === "about:blank" || mail.readyState === "loading") { setTimeout(swap, 10); return; }
    settled();
    if (!mail.querySelector("meta[name=preview]")) { coming.remove(); return; }   // an error: the last good mail stays
    const before = view.frame.querySelector("iframe:not(.coming)");
    if (before) coming.contentWindow.scrollTo(0, before.contentWindow.scrollY);
    coming.classList.remove("coming");
    before?.remove();
    follow(view, coming.contentWindow, mail.scrollingElement);
  };
  swap();
}

function follow(view, target, scroller) {
  view.scroller = scroller;
  const lead = () => { leading = view; };
  for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) target.addEventListener(event, lead, { passive: true });
  target.addEventListener("scroll", () => {
    if (leading !== view) return;
    const part = scroller.scrollTop / Math.max(1, scroller.scrollHeight - scroller.clientHeight);
    for (const other of VIEWS) {
      if (other === view || !other.scroller || other.element.hidden) continue;
      other.scroller.scrollTop = part * (other.scroller.scrollHeight - other.scroller.clientHeight);
    }
  }, { passive: true });
}

// First the mails in sight, then what is to be said about them: the rules take as long as the drawing, and run while
// the browser lays the other mails out.
async function refresh(revision) {
  const mine = ++asked;
  const key = `${revision} ${language}`;
  if (shown && key !== shown) {
    $("live").classList.remove("now");
    void $("live").offsetWidth;
    $("live").classList.add("now");
  }
  shown = key;
  await showViews();
  if (mine !== asked || key === judged) return;
  let look;
  try {
    const answer = await fetch(`/look?language=${encodeURIComponent(language)}`);
    if (!answer.ok) throw new Error(answer.statusText);
    look = await answer.json();
  } catch {
    look = { error: "The preview does not answer. Is mailer preview still running?" };
  }
  if (mine !== asked) return;
  $("error").hidden = !look.error;
  $("error").textContent = look.error || "";
  if (look.error) return;   // the last good look stays
  judged = key;
  showHead(look);
  showSize(look.size);
  showProblems(look);
  showSource(look);
  VIEWS.find((view) => view.id === "text").frame.firstChild.textContent = look.text;
  document.body.dataset.shown = look.revision;
}

function showHead(look) {
  document.title = `${look.problems.some((p) => p.severity === "error") ? "✗ " : ""}${look.subject || "Untitled"} – preview`;
  document.querySelectorAll(".inbox, .frame pre").forEach((element) => { element.lang = look.language; element.dir = "auto"; });
  $("file").textContent = look.file.split("/").pop();
  $("file").title = look.file;
  $("newsletter").textContent = look.draft ? `${look.newsletter} · draft` : look.newsletter;
  $("sender").textContent = look.sender;
  $("subject").textContent = look.subject || "(no subject)";
  $("preheader").textContent = look.preheader;
  const pills = look.languages.length < 2 ? [] : look.languages.map((code) => {
    const button = make("button", "", code);
    button.type = "button";
    button.setAttribute("aria-pressed", String(code === look.language));
    button.onclick = () => {
      language = code;
      history.replaceState(null, "", `?language=${encodeURIComponent(code)}`);
      refresh(look.revision);
    };
    return button;
  });
  $("languages").replaceChildren(...pills);
}

function showSize(size) {
  const kib = (bytes) => `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`;
  const whole = Math.max(size.limit * 1.08, size.bytes);
  const inSections = size.sections.reduce((sum, section) => sum + section.bytes, 0);
  const parts = [{ title: "Frame and styles", bytes: Math.max(0, size.bytes - inSections) }, ...size.sections].map((section) => {
    const part = make("span");
    part.style.width = `${100 * section.bytes / whole}%`;
    part.title = `${section.title}: ${kib(section.bytes)}`;
    return part;
  });
  const limit = make("i");
  limit.style.left = `${100 * size.limit / whole}%`;
  limit.title = "Gmail cuts a mail off here: 102 KB";
  $("track").className = `track ${size.bytes > size.limit ? "over" : size.bytes > size.aim ? "heavy" : ""}`;
  $("track").setAttribute("aria-label", `${kib(size.bytes)} of ${kib(size.limit)}`);
  $("track").replaceChildren(...parts, limit);
  $("weight").textContent = `${kib(size.bytes)} of ${kib(size.limit)}`;
}

function showProblems(look) {
  const count = (severity) => look.problems.filter((problem) => problem.severity === severity).length;
  const say = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
  const [errors, warnings] = [count("error"), count("warning")];
  const verdict = [];
  if (errors) verdict.push(make("span", "errors", say(errors, "error")));
  if (warnings) verdict.push(make("span", "warnings", say(warnings, "warning")));
  if (!verdict.length) verdict.push(make("span", "none", "No problems"));
  $("verdict").replaceChildren(...verdict.flatMap((part, index) => (index ? [" · ", part] : [part])));
  $("problems").replaceChildren(...look.problems.map((problem) => {
    const item = make("li");
    const button = make("button");
    button.type = "button";
    button.append(make("span", `at ${problem.severity}-mark`, problem.line), make("span", "", problem.message));
    button.onclick = () => {
      const line = $(`line-${problem.line}`);
      line?.scrollIntoView({ block: "center" });
      line?.classList.remove("flash");
      void line?.offsetWidth;
      line?.classList.add("flash");
    };
    item.append(button);
    return item;
  }));
}

function showSource(look) {
  const byLine = new Map();
  for (const problem of look.problems) byLine.set(problem.line, [...(byLine.get(problem.line) || []), problem]);
  const pieces = [];
  look.source.replace(/\n$/, "").split("\n").forEach((text, index) => {
    const found = byLine.get(index + 1) || [];
    const worst = found.some((p) => p.severity === "error") ? " error-line" : found.length ? " warning-line" : "";
    const line = make("div", `line${worst}`);
    line.id = `line-${index + 1}`;
    line.append(make("span", "no", index + 1), code(text, found));
    pieces.push(line, ...found.map(note));
  });
  const scrolled = $("source").scrollTop;
  $("source").replaceChildren(...pieces);
  $("source").scrollTop = scrolled;
}

function code(text, problems) {
  const element = make("span", "code");
  if (!problems.length) { element.textContent = text || " "; return element; }
  const letters = [...text];   // columns count characters, not UTF-16 units
  const start = Math.max(0, Math.min(problems[0].column - 1, letters.length - 1));
  const rest = letters.slice(start).join("");
  const marked = (rest.match(/^\S+|^\s+/) || [""])[0];
  element.append(letters.slice(0, start).join(""), make("mark", "", marked), rest.slice(marked.length));
  return element;
}

function note(problem) {
  const element = make("div", `note ${problem.severity}`);
  element.append(make("b", "", problem.message));
  element.append(make("small", "", [problem.hint, `[${problem.rule}]`].filter(Boolean).join(" ")));
  return element;
}

function listen() {
  const changes = new EventSource("/changes");
  changes.onopen = () => { $("live").className = "live on"; $("live").title = "Follows each save"; };
  changes.onmessage = (event) => refresh(event.data);
  changes.onerror = () => { $("live").className = "live off"; $("live").title = "The preview has ended; trying again"; };
}

build();
listen();
