"""The template language: Jinja2 in a sandbox, with `[[ ]]`, `[% %]` and `[# #]` (D23), escaping in HTML."""

from __future__ import annotations

from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailings.content.filters import allowed_filters, url_encode


def sandbox() -> ImmutableSandboxedEnvironment:
    """An environment in the template language of D23, with the allowed filters and functions and nothing else."""
    environment = ImmutableSandboxedEnvironment(
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        # not `{#`: minified CSS is full of it (@media{#outlook...)
        comment_start_string="[#",
        comment_end_string="#]",
        keep_trailing_newline=True,
        autoescape=True,
        finalize=lambda value: "" if value is None else value,
        cache_size=0,
    )
    environment.filters = allowed_filters(environment.filters)
    environment.globals = {"urlEncode": url_encode, "range": environment.globals["range"]}
    return environment
