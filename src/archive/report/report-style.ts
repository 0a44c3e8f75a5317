/** Style sheet of a report: phone and desktop, light and dark, print. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c1c1a; --soft: #66645e; --rule: #dedbd2; --paper: #fdfcf9; --link: #0b5c8a;
  --done: #7fb3a0; --partial: #e3b34c; --failed: #cf5a4a; --pending: #b9b6ad; --mark: #1c1c1a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9e6df; --soft: #a3a097; --rule: #3a3833; --paper: #191816; --link: #7cc0e8;
    --done: #3f7a66; --partial: #a97d1f; --failed: #b04a3c; --pending: #57544d; --mark: #f4f1ea; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .2rem; }
h3 { font-size: .95rem; margin: 1rem 0 .2rem; color: var(--soft); font-variant-numeric: tabular-nums; }
p { margin: 0 0 .6rem; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .15em; }
ul { margin: .2rem 0 .6rem; padding-left: 1.2rem; }
.soft, small { color: var(--soft); font-size: .875rem; }
.line { position: relative; height: 3.1rem; margin: .4rem 0 .8rem; border-bottom: 1px solid var(--rule); }
.line .bar { position: absolute; top: 0; height: 1.1rem; min-width: 2px; }
.line .mark { position: absolute; top: 1.2rem; height: .6rem; width: 2px; margin-left: -1px; background: var(--mark); }
.line span { position: absolute; bottom: 0; padding-left: .25em; border-left: 1px solid var(--rule); font-size: .75rem;
  line-height: 1.1rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.line .end { right: 0; padding: 0 .25em 0 0; border-left: 0; border-right: 1px solid var(--rule); }
.bar, .mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.bar.done { background: var(--done); } .bar.partial { background: var(--partial); } .bar.failed { background: var(--failed); }
.bar.pending, .bar.gone { background: var(--pending); }
.key { color: var(--soft); font-size: .875rem; margin-top: 1.6rem; }
.key .bar { display: inline-block; width: 1.2em; height: .8em; vertical-align: baseline; margin-left: .6em; }
.key .mark { display: inline-block; width: 2px; height: .8em; background: var(--mark); margin-left: .8em; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .8rem; margin: .8rem 0; }
figure { margin: 0; break-inside: avoid; }
figure img { display: block; width: 100%; height: auto; border-radius: 4px; background: var(--rule); }
figcaption { font-size: .8125rem; line-height: 1.35; margin-top: .25rem; }
.moments { list-style: none; padding: 0; }
.moments li { padding: .05rem 0; }
.moments a { font-variant-numeric: tabular-nums; margin-right: .4em; }
.troubles { list-style: none; padding: 0; }
.troubles li { padding: .5rem 0; border-top: 1px solid var(--rule); break-inside: avoid; }
.troubles .failed { color: var(--failed); }
code { font-size: .875em; }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
@media (max-width: 30rem) { .line span:nth-of-type(even):not(.end), .line span:nth-last-of-type(2) { color: transparent; } .pictures { grid-template-columns: 1fr 1fr; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } a { color: inherit; text-decoration: none; }
  h2, h3 { break-after: avoid; } .pictures { grid-template-columns: repeat(5, 1fr); } }
`;
