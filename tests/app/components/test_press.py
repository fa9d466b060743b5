"""A click is done once, by the run that reaches the button, also where the click's own run was overtaken."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def overtaken() -> None:
    """A page whose first run after a click ends before it has come to the button."""
    import streamlit as st

    from app.components.press import forget_presses, pressed

    if st.session_state.pop("overtake", False):
        st.stop()
    if st.session_state.pop("leave", False):
        forget_presses()
    if pressed("Go", key="go", why_not=st.session_state.get("why", "")):
        st.session_state["done"] = st.session_state.get("done", 0) + 1


def page() -> AppTest:
    """That page, drawn once."""
    return AppTest.from_function(overtaken, default_timeout=30).run()


def done(test: AppTest) -> int:
    """How often the button's work was done."""
    return int(test.session_state["done"]) if "done" in test.session_state else 0


def test_a_click_whose_run_is_overtaken_is_done_by_the_next() -> None:
    test = page()
    test.session_state["overtake"] = True
    test.button("go").click().run()
    assert done(test) == 0
    test.run()
    assert done(test) == 1
    test.run()
    assert done(test) == 1


def test_a_click_is_not_done_on_the_return_to_the_page() -> None:
    test = page()
    test.session_state["overtake"] = True
    test.button("go").click().run()
    test.session_state["leave"] = True
    test.run()
    assert done(test) == 0


def test_an_inactive_button_says_why_and_does_nothing() -> None:
    test = page()
    test.session_state["overtake"] = True
    test.button("go").click().run()
    test.session_state["why"] = "Choose a file first."
    test.run()
    assert test.button("go").disabled
    assert test.button("go").help == "Choose a file first."
    assert done(test) == 0
