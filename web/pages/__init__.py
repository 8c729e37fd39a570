"""The pages people see: templates, their words in each language, their look."""

from web.pages.rendering import LANGUAGES, Pages, language_of

__all__ = ["LANGUAGES", "Pages", "language_of"]
