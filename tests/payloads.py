"""Texts that mean ill, as names and values in a log, and forms of paths that lead elsewhere."""

from __future__ import annotations

RUN_CODE = "window.pwned=1"

# By what they are after.
PAYLOADS = [
    # HTML and SVG that runs a script, closes what it stands in, or loads something
    f"<script>{RUN_CODE}</script>",
    f"<img src=x onerror={RUN_CODE}>",
    f"<svg onload={RUN_CODE}><use href='data:image/svg+xml,<svg id=x/>#x'/></svg>",
    f'"><script>{RUN_CODE}</script>',
    f"' autofocus onfocus='{RUN_CODE}' x='",
    f"</title></style></textarea><script>{RUN_CODE}</script>",
    f"</script><script>{RUN_CODE}</script>",
    f"]]><script>{RUN_CODE}</script>",
    "<!--<script>",
    f"<iframe srcdoc='<script>parent.{RUN_CODE}</script>'></iframe>",
    f'<a href="javascript:{RUN_CODE}">x</a>',
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/a.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><button autofocus>",
    "<img src=//evil.example/pixel.png>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN_CODE}>",
    "<template shadowrootmode=open><slot>",
    "&lt;b&gt; &amp; &#60;i&#62; &nbsp;&quot;",
    # styles
    "red;} * {background:url(//evil.example/x)",
    f"url(javascript:{RUN_CODE})",
    # addresses
    f"javascript:{RUN_CODE}",
    f"data:text/html,<script>{RUN_CODE}</script>",
    "//evil.example/x",
    "http://user:secret@evil.example/?a=1&b=2#c",
    "#series=x.y.0&mode=lines",
    "%3Cscript%3E%0d%0aSet-Cookie:%20a=b",
    # templates and formats
    f"{{{{constructor.constructor('{RUN_CODE}')()}}}}",
    f"${{{RUN_CODE}}}",
    f'{{@html "<img src=x onerror={RUN_CODE}>"}}',
    "{0.__class__.__init__.__globals__}",
    "%s%n%(name)s",
    "[red]text[/red]",
    "[/]",
    "[link=http://evil.example]x[/link]",
    "`id` $(id); id | cat && id",
    # what every object of JavaScript has
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "undefined",
    # terminals
    "\x1b[2J\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP$q\x1b\\\x1b[6n",
    "\x9b31mred",
    "\x90q#0\x9c",
    "a\rb",
    "a\nb",
    "a\r\nSet-Cookie: a=b\r\n\r\nc",
    "tab\there\x0b\x0c",
    "\x7f\x08\x08\x05",
    # Unicode
    "\u202egnp.exe",
    "\u2066x\u2069\u200e",
    "zero\u200bwidth\u200d\u00ad",
    "\ufeffbom",
    "\u2028line\u2029\x85",
    "p\u0430ypal",  # a Cyrillic letter among Latin ones
    "e" + "\u0301" * 300,
    "\ufffe\uffff\U0010ffff",
    "\U000e0041\U000e0042tags",
    "👩\u200d🔬猫",
    # spreadsheets
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    'a,"b";c\t"d',
    # paths
    "../../etc/passwd",
    "C:\\con\\nul",
    "..",
    # others
    "nul\x00byte",
    " space at both ends ",
    "x" * 5000,
]

STEPS = ("../", "..%2f", "%2e%2e/", "..\\", "..%5c", "....//", "%252e%252e%252f", "..%c0%af")
TRAVERSALS = [
    f"{root}{step * times}{target}"
    for root in ("", "/", "run-")
    for step in STEPS
    for times in (1, 4, 9)
    for target in ("etc/passwd", "secret", "etc/passwd%00", "secret\x00.json")
]
