"""A cell looked at while its numbers are turned: sliders to arrays without a screen, and a page of the browser on top.

`state` is what is looked at, `knobs` what can be turned, `pages` what is seen (one a file), `session` who computes and
when; none of these knows of a screen. `app` is the page in Panel, `verb` serves it.
"""

from __future__ import annotations

__all__: list[str] = []
