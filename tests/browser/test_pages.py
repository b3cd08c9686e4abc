"""The front end's files as the API serves them."""

from api.static import chat_page, widget_script


def test_a_bot_name_is_text_and_nothing_else():
    page = chat_page("channel-1", '"><script>alert(1)</script>{{nonce}}', "nonce-1")
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{{nonce}}") == 2


def test_the_page_names_its_channel_and_carries_the_nonce():
    page = chat_page("channel-1", "Ada", "nonce-1")
    assert 'channel="channel-1" name="Ada" mode="page"' in page
    assert page.count('nonce="nonce-1"') == 2
    assert "{{" not in page


def test_the_widget_is_one_script_that_loads_nothing_else():
    script = widget_script()
    assert "import " not in script
    assert "customElements.define(" in script
