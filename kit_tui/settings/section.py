"""What all sections of the settings share."""

from __future__ import annotations

from typing import Any, ClassVar, get_type_hints

import msgspec


class Section(msgspec.Struct, frozen=True):
    """What all sections share: frozen, no unknown keys."""

    BESIDE: ClassVar[frozenset[str]] = frozenset()
    """Fields that are no settings: a file may not say them."""

    @classmethod
    def keys(cls) -> dict[str, Any]:
        """What a file may say here: each key with its type."""
        types = get_type_hints(cls)
        return {name: types[name] for name in cls.__struct_fields__ if name not in cls.BESIDE}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Called by pydantic, which is therefore loaded."""
        from pydantic_core import core_schema

        known, types = cls.keys(), get_type_hints(cls, include_extras=True)
        table = {
            name: core_schema.typed_dict_field(handler.generate_schema(types[name]), required=False)
            for name in known
        }
        said = core_schema.typed_dict_schema(table, extra_behavior="forbid")
        return core_schema.no_info_after_validator_function(lambda values: cls(**values), said)
