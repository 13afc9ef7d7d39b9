// One constructed style sheet for both elements: a page's CSP may forbid <style> and style="…", in shadow roots too.
// Pages restyle through --invite-* properties and ::part(); the values here are what one gets without either.

const CSS = `
:host {
  --page: var(--invite-page, light-dark(#f4f2ec, #14161a));
  --surface: var(--invite-surface, light-dark(#fffefb, #1d2025));
  --sunken: var(--invite-sunken, light-dark(#efece4, #282c33));
  --ink: var(--invite-ink, light-dark(#1b1d21, #f0ede6));
  --muted: var(--invite-muted, light-dark(#565a62, #adb1ba));
  --line: var(--invite-line, light-dark(#dcd8cd, #363b43));
  --control: var(--invite-control, light-dark(#827e74, #7d8490));
  --accent: var(--invite-accent, light-dark(#0b5d4b, #7fd8bd));
  --on-accent: var(--invite-on-accent, light-dark(#ffffff, #06251d));
  --accent-soft: var(--invite-accent-soft, light-dark(#e0f0ea, #17362e));
  --danger: var(--invite-danger, light-dark(#a3271d, #ff9d90));
  --on-danger: var(--invite-on-danger, light-dark(#ffffff, #3b0d08));
  --danger-soft: var(--invite-danger-soft, light-dark(#fbe8e4, #402321));
  --brass: var(--invite-brass, light-dark(#7d5a0c, #e3bd62));
  --brass-soft: var(--invite-brass-soft, light-dark(#f7ecd2, #3a3019));
  --radius: var(--invite-radius, 14px);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
  display: block;
  color: var(--ink);
  container-type: inline-size;
}
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
h1, h2, h3, p, ul, ol, fieldset, legend, dialog { margin: 0; padding: 0; }
ul, ol { list-style: none; }
fieldset { border: 0; min-width: 0; }
h2 { font-size: 1.125rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; }
p { line-height: 1.5; }
.muted { color: var(--muted); }
.small { font-size: 0.875rem; }
.icon { width: 1.125em; height: 1.125em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.announcer { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.card { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); padding: 1.25rem; overflow-wrap: anywhere; }
.stack { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; }

button, .button {
  display: inline-flex; align-items: center; justify-content: center; gap: 0.5rem;
  min-height: 2.75rem; padding: 0.5rem 1rem; border-radius: 10px; border: 1px solid var(--control);
  background: transparent; color: var(--ink); font: inherit; font-weight: 600; line-height: 1.2; text-decoration: none; cursor: pointer;
}
button:hover, .button:hover { background: var(--sunken); }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.primary:hover { background: color-mix(in oklab, var(--accent) 88%, var(--ink)); }
.danger { background: var(--danger); border-color: var(--danger); color: var(--on-danger); }
.danger:hover { background: color-mix(in oklab, var(--danger) 88%, var(--ink)); }
.quiet { border-color: transparent; color: var(--danger); }
.plain { border-color: transparent; color: var(--accent); text-decoration: underline; text-underline-offset: 0.2em; padding-inline: 0.5rem; }
[aria-disabled="true"] { opacity: 0.7; cursor: progress; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
h1:focus, h2:focus { outline: none; }

label, legend { font-weight: 600; font-size: 0.9375rem; }
legend { margin-block-end: 0.5rem; }
.hint { font-weight: 400; color: var(--muted); font-size: 0.875rem; }
select, input:not([type="radio"]) {
  width: 100%; min-height: 2.75rem; padding: 0.5rem 0.75rem; border-radius: 10px; border: 1px solid var(--control);
  background: var(--page); color: var(--ink); font: inherit; accent-color: var(--accent);
}
input[aria-invalid="true"] { border-color: var(--danger); border-width: 2px; }
.fields { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11rem), 1fr)); }
.field { display: grid; gap: 0.375rem; align-content: start; }
.choices { display: grid; gap: 0.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 10.5rem), 1fr)); }
.choice {
  display: grid; grid-template-columns: auto 1fr; gap: 0 0.625rem; align-items: center; align-content: center; cursor: pointer;
  padding: 0.75rem; border: 1px solid var(--control); border-radius: 10px; background: var(--page);
}
.choice input { width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--accent); grid-row: span 2; }
.choice:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); background: var(--accent-soft); }
.choice:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
.choice input:focus-visible { outline: none; }
.choice .hint { grid-column: 2; }

.chip {
  display: inline-flex; align-items: center; gap: 0.375rem; padding: 0.1875rem 0.625rem; border-radius: 999px; border: 1px solid transparent;
  background: var(--sunken); color: var(--ink); font-size: 0.875rem; font-weight: 600; white-space: nowrap;
}
.chip[data-letters*="w"] { background: var(--accent-soft); color: var(--accent); }
.chip[data-letters*="a"] { background: var(--brass-soft); color: var(--brass); }
.avatar {
  display: inline-grid; place-items: center; flex: none; width: 2rem; height: 2rem; border-radius: 50%; border: 1px solid transparent;
  background: var(--accent-soft); color: var(--accent); font-weight: 700; font-size: 0.9375rem;
}

.notice { display: grid; gap: 0.5rem; justify-items: start; padding: 0.875rem 1rem; border-radius: 10px; border: 1px solid var(--line); background: var(--sunken); }
.notice.bad { background: var(--danger-soft); border-color: var(--danger); }
.notice strong { font-weight: 650; }

@media (prefers-reduced-motion: no-preference) {
  button, .button, .choice { transition: background-color 120ms ease, border-color 120ms ease; }
  .arrive { animation: arrive 260ms cubic-bezier(0.2, 0.8, 0.2, 1); }
  @keyframes arrive { from { opacity: 0; transform: translateY(6px); } }
}
@media (forced-colors: active) {
  .choice:has(:checked) { outline: 2px solid Highlight; outline-offset: -2px; }
  .primary, .danger { border-width: 2px; }
}
`;

const sheets = new Map();

/** The shared sheet, then the element's own, made once per page. */
export function styles(own) {
  return [CSS, own].map((text) => {
    if (!sheets.has(text)) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      sheets.set(text, sheet);
    }
    return sheets.get(text);
  });
}
