import MilterProtocol
import Signatures

/// What all pages have in common: the head with its policy, one style sheet, one script.
///
/// The policy lets nothing be loaded, sent or run but these two, by their hash; nor may the page have a base, forms or
/// markup made by scripts. The hashes are those of the texts between the tags.
enum HTMLPage {
  static func head(title: String) -> Markup {
    let policy = Markup(
      stringLiteral:
        "default-src 'none'; style-src '\(hash(of: style))'; script-src '\(hash(of: script))'; base-uri 'none'; "
        + "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="referrer" content="no-referrer">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      <style>\(Markup(stringLiteral: style))</style>
      </head>
      <body>

      """
  }

  static var end: Markup {
    "<script>\(Markup(stringLiteral: script))</script>\n</body>\n</html>\n"
  }

  private static func hash(of text: String) -> String {
    var hash = SHA256()
    hash.take(Array(text.utf8)[...])
    return "sha256-" + String(decoding: base64(hash.digest), as: UTF8.self)
  }

  static let style = """

    :root {
      color-scheme: light dark;
      --paper: #fbfaf8; --card: #fff; --ink: #1d2126; --soft: #646c76; --line: #dfdcd6; --hover: #f1efea;
      --mta: #1f5fbf; --milter: #8a3d9c; --good: #17703a; --warn: #8f5b00; --bad: #b3261e;
      --added: #e3f4e6; --removed: #fbe5e3; --mark: #ffe9a8;
      --mono: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #15181c; --card: #1c2025; --ink: #e4e6e8; --soft: #98a1ab; --line: #32383f; --hover: #262b32;
        --mta: #82b1ff; --milter: #d59be4; --good: #74cf93; --warn: #e8b64c; --bad: #ff8a80;
        --added: #16351f; --removed: #42211f; --mark: #5c4a12;
      }
    }
    * { box-sizing: border-box; }
    html { scroll-padding-top: 4.5rem; }
    body { margin: 0 auto; padding: 0 1rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
    h1 { font-size: 1.6rem; margin: 1.5rem 0 .25rem; }
    h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
    h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
    h4 { font-size: .8rem; margin: 1rem 0 .25rem; color: var(--soft); font-weight: 600; letter-spacing: .04em;
      text-transform: uppercase; }
    p { margin: .25rem 0; }
    a { color: var(--mta); }
    code, pre, .mono { font-family: var(--mono); font-size: .86em; unicode-bidi: isolate; }
    pre { margin: .25rem 0; padding: .5rem .75rem; background: var(--paper); border-radius: .35rem;
      white-space: pre-wrap; max-height: 32rem; overflow: auto; }
    .soft, .n, .t, .took { color: var(--soft); }
    .mta { color: var(--mta); } .milter { color: var(--milter); }
    .note { color: var(--mta); } .warning { color: var(--warn); } .error, .bad { color: var(--bad); }
    .good { color: var(--good); }
    .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .9rem;
      margin: .5rem 0; }
    .card.under { margin-left: 2rem; }
    .alarm { border-color: var(--bad); color: var(--bad); font-weight: 600; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: .9rem; }
    th { text-align: left; color: var(--soft); font-weight: 500; white-space: nowrap; }
    th, td { padding: .2rem .8rem .2rem 0; vertical-align: top; border-top: 1px solid var(--line); }
    tr:first-child > * { border-top: 0; }
    td.k { min-width: 5.5rem; color: var(--soft); }
    .num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    .bar { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .8rem;
      padding: .6rem 0; background: var(--paper); border-bottom: 1px solid var(--line); }
    .bar input { flex: 1 1 12rem; min-width: 0; font: inherit; color: inherit; background: var(--card);
      border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .6rem; }
    .bar button { font: inherit; font-size: .9rem; color: inherit; background: var(--card); cursor: pointer;
      border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .7rem; }
    kbd { font: .8em var(--mono); border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3em; }
    :focus-visible { outline: 2px solid var(--mta); outline-offset: 2px; border-radius: .25rem; }
    summary { cursor: pointer; }
    .fold > summary { color: var(--soft); padding: .25rem 0; }
    .packets { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); overflow: hidden; }
    .p + .p { border-top: 1px solid var(--line); }
    .p > summary { display: flex; flex-wrap: wrap; gap: 0 .7rem; align-items: baseline; padding: .3rem .8rem;
      list-style: none; }
    .p > summary::-webkit-details-marker { display: none; }
    .p > summary:hover { background: var(--hover); }
    .p > summary:focus-visible { outline-offset: -2px; }
    .p[open] > summary { background: var(--hover); }
    .p:target > summary { background: var(--mark); }
    .p .n { min-width: 2.5em; text-align: right; } .n, .t, .took { font: .8rem var(--mono); }
    .p .d { min-width: 4.2em; font-size: .85rem; }
    .p b { font-weight: 600; font-size: .9rem; }
    .p .took { margin-left: auto; }
    .p .s { flex: 1 1 14rem; min-width: 0; max-height: 3em; overflow: hidden; }
    .badge { font-size: .72rem; font-style: normal; border: 1px solid; border-radius: 1em; padding: 0 .55em; }
    .in { padding: .2rem .9rem .8rem; }
    [hidden], .searching .aside, .packets.none { display: none !important; }
    .ladder { max-width: 44rem; }
    .rails { display: flex; justify-content: space-between; font-size: .85rem; color: var(--soft); }
    .ladder ol { list-style: none; margin: 0; padding: .2rem 0;
      background: linear-gradient(var(--line), var(--line)) 0 0 / 2px 100% no-repeat,
        linear-gradient(var(--line), var(--line)) 50% 0 / 1px 100% no-repeat,
        linear-gradient(var(--line), var(--line)) 100% 0 / 2px 100% no-repeat; }
    .ladder li { padding: 0 3px; height: 1.75rem; }
    .ladder a, .ladder li > span { display: block; position: relative; height: 1.45rem; line-height: 1.4rem;
      text-align: center; font-size: .85rem; text-decoration: none; border-bottom: 1.5px solid; white-space: nowrap; }
    .ladder .left { width: 50%; } .ladder .right { margin-left: 50%; }
    .ladder i { font-style: normal; background: var(--paper); padding: 0 .4em; display: inline-block; max-width: 92%;
      overflow: hidden; text-overflow: ellipsis; }
    .ladder a:hover i { background: var(--mark); }
    .ladder .to::after, .ladder .fro::after { content: ""; position: absolute; bottom: -5.5px;
      border: 5px solid transparent; }
    .ladder .to::after { right: 0; border-left-color: currentColor; border-right: 0; }
    .ladder .fro::after { left: 0; border-right-color: currentColor; border-left: 0; }
    .diff { font: .82rem/1.5 var(--mono); background: var(--card); border: 1px solid var(--line); border-radius: .4rem;
      padding: .4rem 0; max-height: 40rem; overflow: auto; }
    .diff > * { display: block; padding: 0 .8rem 0 2rem; text-indent: -1.2rem; white-space: pre-wrap; text-decoration: none;
      unicode-bidi: isolate; }
    .diff > *::before { content: " "; display: inline-block; width: 1.2rem; text-indent: 0; }
    .diff ins { background: var(--added); } .diff ins::before { content: "+"; }
    .diff del { background: var(--removed); } .diff del::before { content: "\\2212"; }
    .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem 2rem; }
    figure { margin: .5rem 0; max-width: 40rem; } figcaption { font-size: .85rem; color: var(--soft); }
    svg { display: block; width: 100%; height: auto; }
    svg text { font: 10px system-ui, "DejaVu Sans", sans-serif; fill: var(--soft); }
    svg .grid { stroke: var(--line); } svg .dot { fill: var(--mta); fill-opacity: .5; }
    svg .median { stroke: var(--bad); stroke-width: 2; }
    @media (max-width: 34rem) {
      body { padding: 0 .75rem 3rem; }
      .p .t { display: none; } .p .n { min-width: 1.6em; } .p .d { min-width: 0; } .p .s { flex-basis: 100%; order: 1; }
      .keys { display: none; } .bar button { font-size: .8rem; padding: .35rem .5rem; }
      .bar { gap: .4rem; } .bar input { flex-basis: 6rem; }
      th, td { padding-right: .5rem; }
    }
    @media print { .bar { display: none; } pre, .diff { max-height: none; } }

    """

  static let script = """

    'use strict';
    (() => {
      const box = document.getElementById('q');
      const told = document.getElementById('hits');
      const rows = [...document.querySelectorAll('details.p')];
      const lists = [...document.querySelectorAll('.packets')];
      const texts = new Map();
      let shown = rows;
      const text = row => {
        if (!texts.has(row)) {
          const parts = [row.firstElementChild, ...row.querySelectorAll('.fields')];
          texts.set(row, parts.map(part => part.textContent).join(' ').toLowerCase());
        }
        return texts.get(row);
      };
      const search = () => {
        const words = box.value.toLowerCase().split(/\\s+/).filter(word => word);
        shown = rows.filter(row => words.every(word => text(row).includes(word)));
        const hits = new Set(shown);
        for (const row of rows) row.hidden = !hits.has(row);
        for (const list of lists) list.classList.toggle('none', !list.querySelector('details.p:not([hidden])'));
        document.body.classList.toggle('searching', words.length > 0);
        told.textContent = words.length ? shown.length + ' of ' + rows.length : '';
      };
      const move = by => {
        const here = document.activeElement && document.activeElement.closest('details.p');
        const next = here ? shown.indexOf(here) + by : by > 0 ? 0 : shown.length - 1;
        if (shown[next]) shown[next].firstElementChild.focus();
      };
      const fold = open => { for (const row of shown) row.open = open; };
      const unfoldTarget = () => {
        const target = document.getElementById(location.hash.slice(1));
        if (!target) return;
        if (target.matches('details.p')) target.open = true;
        target.scrollIntoView();
      };
      box.addEventListener('input', search);
      box.addEventListener('keydown', event => {
        if (event.key === 'Escape') { box.value = ''; search(); box.blur(); }
        if (event.key === 'Enter') { event.preventDefault(); if (shown[0]) shown[0].firstElementChild.focus(); }
      });
      document.addEventListener('keydown', event => {
        if (event.target === box || event.ctrlKey || event.altKey || event.metaKey) return;
        if (event.key === '/') { event.preventDefault(); box.focus(); box.select(); }
        if (event.key === 'j') move(1);
        if (event.key === 'k') move(-1);
        if (event.key === 'o') fold(true);
        if (event.key === 'c') fold(false);
        if (event.key === 'Escape' && box.value) { box.value = ''; search(); }
      });
      document.getElementById('open').addEventListener('click', () => fold(true));
      document.getElementById('close').addEventListener('click', () => fold(false));
      addEventListener('hashchange', unfoldTarget);
      unfoldTarget();
    })();

    """
}
