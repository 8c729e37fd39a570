"""The pages people see: templates, their words in each language, their look."""

from web.pages.rendering import Pages, language_of
from web.pages.words import LANGUAGES

__all__ = ["LANGUAGES", "Pages", "language_of"]
