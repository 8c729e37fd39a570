"""How a transport reads its own settings, and says in one sentence what is wrong with them."""

from __future__ import annotations

from typing import Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from mailings.errors import Misconfigured


class TransportSettings(BaseSettings):
    """What an installation decides about one transport, under the prefix of its name."""

    @classmethod
    def read(cls) -> Self:
        """The settings of the environment. Raises Misconfigured naming the variable and what is wrong with it, never its value."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            prefix = cls.model_config.get("env_prefix", "")
            variable = "".join(f"{prefix}{str(part).upper()}: " for part in first["loc"][-1:])
            raise Misconfigured(f"{variable}{first['msg'].removeprefix('Value error, ')}.") from None
