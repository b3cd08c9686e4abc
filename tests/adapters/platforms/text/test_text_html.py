"""What the webchat widget gets, and what it never gets."""

import pytest

from adapters.platforms.text.html import render

LINK_ATTRIBUTES = 'target="_blank" rel="noopener nofollow"'


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ("**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>"),
        ("*a **b** c*", "<p><em>a <strong>b</strong> c</em></p>"),
        ("# a\n## b\n### c\n###### d", "<h3>a</h3><h3>b</h3><h4>c</h4><h4>d</h4>"),
        ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("1. a\n\n   b\n2. c", "<ol><li><p>a</p><p>b</p></li><li><p>c</p></li></ol>"),
        ("- a\n\n\n1. b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
        ("- [x] a\n- [ ] b", "<ul><li>☑ a</li><li>☐ b</li></ul>"),
        ("> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"),
        ("```py\nif a < b:\n\tc\n```", "<pre><code>if a &lt; b:\n\tc</code></pre>"),
        ("a\n\n---\n\nb", "<p>a</p><p>———</p><p>b</p>"),
        (
            "|a|b|\n|-|-:|\n|`c`|d|",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
            "<tbody><tr><td><code>c</code></td><td>d</td></tr></tbody></table>",
        ),
        ("[**a**](https://b.c)", f'<p><a href="https://b.c" {LINK_ATTRIBUTES}><strong>a</strong></a></p>'),
        ("<a@b.c>", f'<p><a href="mailto:a@b.c" {LINK_ATTRIBUTES}>a@b.c</a></p>'),
        ("![a](https://b.c/d.png)", f'<p><a href="https://b.c/d.png" {LINK_ATTRIBUTES}>a</a></p>'),
        ("  \n", ""),
        ("> #", ""),
    ],
)
def test_each_element_has_its_html(markdown: str, html: str) -> None:
    assert render(markdown) == html


@pytest.mark.parametrize(
    "markdown",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&Tab;script:alert(1))",
        "[x](java&NewLine;script:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](&#1;javascript:alert(1))",
        "[x](\x01javascript:alert(1))",
        "[x](< javascript:alert(1)>)",
        "[x](vbscript:x)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](javascript:alert(1))",
        "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
        "<javascript:alert(1)>",
        "[x][1]\n\n[1]: javascript:alert(1)",
        "[x](//evil.example)",
        "[x](/logout)",
        "[x](tg://resolve?domain=a)",
        "[x](https:evil)",
        "[x](blob:https://a.b)",
    ],
)
def test_an_unsafe_address_is_never_a_link(markdown: str) -> None:
    assert "<a" not in render(markdown)


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <svg/onload=alert(1)> b",
        "`<script>`",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "|<script>|\n|-|\n|</td><script>|",
        "# <iframe src=//a.b>",
        '[<img src=x>](https://a.b "x\\" onclick=alert(1)")',
        "![<script>](https://a.b)",
        "&lt;script&gt;",
    ],
)
def test_raw_html_is_shown_and_never_lives(markdown: str) -> None:
    html = render(markdown)
    assert "&lt;" in html
    assert not any(tag in html for tag in ("<script", "<img", "<svg", "<iframe"))


def test_a_language_cannot_leave_its_block() -> None:
    assert render('```"><script>\nx\n```') == "<pre><code>x</code></pre>"


def test_an_address_cannot_leave_its_attribute() -> None:
    assert render('[x](https://a.b/"onmouseover="alert(1))') == (
        f'<p><a href="https://a.b/%22onmouseover=%22alert(1)" {LINK_ATTRIBUTES}>x</a></p>'
    )


def test_overrides_cannot_disguise_an_address() -> None:
    assert render("[x](https://a.b/\u202egpj.exe) \u202ey&#8238;") == (
        f'<p><a href="https://a.b/gpj.exe" {LINK_ATTRIBUTES}>x</a> y</p>'
    )
