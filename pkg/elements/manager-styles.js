// How <invite-manager> looks, beside what styles.js says of both elements.
export const MANAGER_STYLES = `
.manager { display: grid; gap: 1rem; }
.link { display: grid; gap: 0.5rem; padding: 1rem; margin-block-start: 1.25rem; border: 1px dashed var(--accent); border-radius: 10px; background: var(--accent-soft); }
.link .muted { color: var(--ink); }
.link [role="status"]:empty { margin-block-start: -0.5rem; }
.link .row:not(:has(> :not([hidden]))) { display: none; }
.link-row { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.link-row input { flex: 1 1 12rem; width: auto; min-width: 0; font-family: var(--mono); font-size: 0.875rem; text-overflow: ellipsis; }
.link-row button { flex: 0 0 auto; }
.qr { width: min(14rem, 100%); padding: 0.75rem; border-radius: 10px; background: #fff; }
.qr svg { display: block; width: 100%; height: auto; }
.invite { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; padding-block: 0.75rem; }
.invite + .invite, .member + .member { border-block-start: 1px solid var(--line); }
.invite:first-child { padding-block-start: 0; }
.invite:last-child, .member:last-child { padding-block-end: 0; }
.about { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 0.75rem; flex: 1 1 15rem; }
.facts { display: flex; flex-wrap: wrap; gap: 0.25rem 0.875rem; }
.fact { display: inline-flex; align-items: center; gap: 0.375rem; }
.joined { flex-basis: 100%; color: var(--accent); font-weight: 600; }
.unmailed { display: flex; gap: 0.375rem; flex-basis: 100%; }
.unmailed .icon, .unmailed strong { color: var(--danger); font-weight: 600; }
.unmailed .icon { margin-block-start: 0.1875em; }
.actions { display: flex; gap: 0.25rem; }
.member { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; padding-block: 0.5rem; }
.member .name { flex: 1 1 7rem; min-width: 0; overflow-wrap: anywhere; font-weight: 600; }
.ways { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.25rem; max-height: 13.5rem; overflow: auto; list-style: disc; padding-inline-start: 1.25rem; }
.check { display: flex; gap: 0.625rem; align-items: start; font-weight: 400; cursor: pointer; }
.check input { width: 1.25rem; min-height: 1.25rem; flex: none; margin: 0.125rem 0 0; }
.member .name .muted { font-weight: 400; }
.member button { margin-inline-start: auto; }
.activity { display: grid; gap: 0.5rem; }
.activity li { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.625rem; }
.activity .icon { color: var(--muted); }
.activity span { overflow-wrap: anywhere; }
.activity time { margin-inline-start: auto; }
dialog { width: min(26rem, calc(100% - 2rem)); margin: auto; padding: 1.5rem; border: 1px solid var(--line); border-radius: var(--radius);
  background: var(--surface); color: var(--ink); overflow-wrap: anywhere; box-shadow: 0 24px 60px rgb(0 0 0 / 0.3); }
dialog::backdrop { background: rgb(12 14 18 / 0.55); }
.end { justify-content: flex-end; }
@container (max-width: 30rem) {
  .actions { width: 100%; }
  .actions button:first-child { flex: 1; }
  .end button, .link-row button { flex: 1 0 auto; }
}
`;
